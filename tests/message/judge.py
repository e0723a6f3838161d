"""What Python's own parser makes of a message; another Python runs this file as second judge."""

import base64
import json
import sys
from email import message_from_bytes, policy


def judge(data):
    message = message_from_bytes(data, policy=policy.default)
    said, goes_along = message, None
    if message.get_content_subtype() == "mixed":
        said, goes_along = message.iter_parts()
    return {
        "names": message.keys(),
        "addresses": {
            name: [[a.display_name, a.addr_spec] for a in message[name].addresses]
            for name in ("From", "To", "Reply-To")
            if message[name] is not None
        },
        "subject": str(message["Subject"]),
        "date": message["Date"].datetime.timestamp(),
        "id": str(message["Message-ID"]),
        "kind": message.get_content_type(),
        "parts": [
            [part.keys(), part.get_content_type(), part.get_content().replace("\r\n", "\n")]
            for part in (said.iter_parts() if said.is_multipart() else [said])
        ],
        "unsubscribe": message["List-Unsubscribe"],
        "enclosed": goes_along
        and [
            goes_along.keys(),
            goes_along.get_content_disposition(),
            goes_along.get_content_type(),
        ],
        "defects": [str(defect) for defect in message.defects],
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(judge(base64.b64decode(line))), flush=True)
