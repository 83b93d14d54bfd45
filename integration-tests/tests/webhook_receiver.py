"""A receiver of webhooks in another language, which checks signatures by itself.

    webhook_receiver.py SERVER

Registers an address of its own, creates two tenants, and waits for the events. Prints one line for each event and ends with the
exit code 0 only when all have come, in order, each with a signature of the secret.
"""

import base64
import hashlib
import hmac
import http.server
import json
import queue
import sys
import threading
import time

from python_client import Client

SERVICE = "tasuki.webhook.v1.WebhookService"

# An event that takes longer is lost.
SECONDS = 60

# As old as a request may be.
TOLERANCE_SECONDS = 300


class Receiver(http.server.BaseHTTPRequestHandler):
    got = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def verified(secret, headers, body):
    """The event, if it was signed with the secret, and just now."""
    headers = {name.lower(): value for name, value in headers.items()}
    identity, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    assert abs(time.time() - int(timestamp)) < TOLERANCE_SECONDS, "too old"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([identity.encode(), timestamp.encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    signatures = [one.partition(",") for one in headers["webhook-signature"].split(" ")]
    fits = any(it[0] == "v1" and hmac.compare_digest(it[2], expected) for it in signatures)
    assert fits, "the signature is wrong"
    event = json.loads(body)
    assert event["id"] == identity and event["specversion"] == "1.0"
    return event


def main(server_address):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Client(server_address)
    registered = client.call(
        SERVICE,
        "CreateWebhookEndpoint",
        url=f"http://127.0.0.1:{server.server_port}/hooks",
        topics=["tenant.*"],
    )
    endpoint, secret = registered["webhook_endpoint"]["id"], registered["secret"]
    partner = client.call(
        "tasuki.tenant.v1.PartnerService",
        "CreatePartner",
        kind="PARTNER_KIND_ISV",
        code="okinawa",
        name="沖縄",
    )["partner"]
    wanted = []
    for name in ["有限会社あかばな", "有限会社でいご"]:
        tenant = client.call(
            "tasuki.tenant.v1.TenantService",
            "CreateTenant",
            partner_id=partner["id"],
            name=name,
        )["tenant"]
        wanted.append(("tasuki.tenant.created.v1", tenant["id"]))
    client.call(SERVICE, "SendTestEvent", webhook_endpoint_id=endpoint)
    wanted.append(("tasuki.webhook_endpoint.tested.v1", endpoint))

    for expected in wanted:
        event = verified(secret, *Receiver.got.get(timeout=SECONDS))
        assert (event["type"], event["subject"]) == expected, event
        assert not any(name in json.dumps(event) for name in ["あかばな", "でいご"]), "a name"
        print(f"verified {event['type']}", flush=True)

    for _ in range(SECONDS * 10):
        tries = client.call(SERVICE, "ListWebhookAttempts", webhook_endpoint_id=endpoint)
        tries = tries.get("webhook_attempts", [])
        if len(tries) == len(wanted):
            break
        time.sleep(0.1)
    assert all(one["outcome"] == "WEBHOOK_OUTCOME_DELIVERED" for one in tries), tries
    assert Receiver.got.empty(), "something came twice"
    print("all delivered", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
