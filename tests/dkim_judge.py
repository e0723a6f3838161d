"""Whether a DKIM signature is good, asked of two programs that share no code with ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

import dkim
import pytest

from tests.nameserver import serving

# Perl's Mail::DKIM asks a name server of ours for the keys; it knows no Ed25519.
_PERL = """
use strict; use warnings; use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS::Resolver;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(
    nameservers => ['127.0.0.1'], port => $ARGV[0], udppacketsize => 4096));
binmode STDIN; local $/;
my $judge = Mail::DKIM::Verifier->new();
$judge->PRINT(scalar <STDIN>); $judge->CLOSE;
print join(' ', $_->selector, $_->result), "\\n" for $judge->signatures;
"""

Keys = Mapping[str, str]
"""What is published: names like mail1._domainkey.coalition.example to their TXT records."""


def by_perl(message: bytes, published: Keys) -> dict[str, str]:
    """Mail::DKIM's result for each signature, by selector: pass, fail, invalid."""
    perl = shutil.which("perl")
    known = perl and subprocess.run([perl, "-MMail::DKIM", "-e", "1"], capture_output=True)
    if not perl or not known or known.returncode:
        pytest.skip("MAIL::DKIM IS NOT INSTALLED: nothing verifies (apt install libmail-dkim-perl)")
    zone = {(name, "TXT"): [record] for name, record in published.items()}
    with serving(zone) as (_, port):
        ended = subprocess.run(
            [perl, "-e", _PERL, str(port)], input=message, capture_output=True, check=True
        )
    assert not ended.stderr, ended.stderr
    return dict(line.split() for line in ended.stdout.decode().splitlines())


def by_dkimpy(message: bytes, published: Keys) -> list[bool]:
    """dkimpy's result for each signature, from the top."""

    def look(name: bytes, timeout: int = 5) -> bytes | None:
        record = published.get(name.decode().rstrip("."))
        return record.encode() if record else None

    results = []
    head = message.partition(b"\r\n\r\n")[0]
    for number in range(head.count(b"DKIM-Signature:")):
        try:
            results.append(dkim.DKIM(message).verify(idx=number, dnsfunc=look))
        except dkim.ValidationError:
            results.append(False)
    return results
