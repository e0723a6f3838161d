#!/bin/sh
# The programs that tests drive: installed where this machine allows it, else named loudly.
set -u

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v smtp-sink >/dev/null 2>&1 || [ -x /usr/sbin/smtp-sink ] || missing="$missing postfix"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -x /usr/sbin/dovecot ] || missing="$missing dovecot-imapd"
command -v spamassassin >/dev/null 2>&1 || missing="$missing spamassassin spamc"
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
perl -MMail::DKIM -e 1 >/dev/null 2>&1 || missing="$missing libmail-dkim-perl"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	sudo="sudo"
else
	sudo="none"
fi

if [ "$sudo" != none ] && command -v apt-get >/dev/null 2>&1; then
	echo "Installing for the tests:$missing ..." >&2
	log=$(mktemp)
	{
		$sudo apt-get update -qq
		echo "postfix postfix/main_mailer_type select No configuration" |
			$sudo debconf-set-selections
		$sudo env DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq -y --no-install-recommends $missing
	} >"$log" 2>&1 && rm -f "$log" && exit 0
	tail -n 3 "$log" >&2
	rm -f "$log"
fi

echo "*** NOT INSTALLED:$missing. Tests that need them will be SKIPPED. ***" >&2
echo "*** To run them all: apt-get install --no-install-recommends$missing ***" >&2
exit 0
