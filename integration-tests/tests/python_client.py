"""A client without generated code: everything it knows about the API it learns by server reflection.

    python_client.py SERVER PROVIDER

SERVER and PROVIDER are addresses such as 127.0.0.1:50051. Creates a partner, registers two providers, creates a tenant in
simulated time, quotes a bundle, accepts the quote into a subscription, and watches until everything is set up. Prints one
line for each thing that happens and ends with the exit code 0 only when the subscription is active.
"""

import sys
import threading
import uuid

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

# A stream or call that takes longer is stuck.
SECONDS = 60

# Steps by which simulated time moves, and how many of them set-up may take.
DAYS_A_STEP = 1
MOST_STEPS = 60

# States of an order after which nothing more happens.
ENDED = {
    "ORDER_STATE_COMPLETED",
    "ORDER_STATE_PARTIAL",
    "ORDER_STATE_FAILED",
    "ORDER_STATE_CANCELLED",
    "ORDER_STATE_REJECTED",
}


class Client:
    """Calls by name with dictionaries, in the field names of the contracts."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))

    def call(self, service, method, **request):
        """Answers of a plain call; changing calls get a request id."""
        path, ask, answer = self._method(service, method)
        if "request_id" in ask.DESCRIPTOR.fields_by_name:
            request.setdefault("request_id", str(uuid.uuid4()))
        message = json_format.ParseDict(request, ask())
        stub = self.channel.unary_unary(path, ask.SerializeToString, answer.FromString)
        return as_dictionary(stub(message, timeout=SECONDS))

    def watch(self, service, method, **request):
        """Answers of a stream, one by one."""
        path, ask, answer = self._method(service, method)
        message = json_format.ParseDict(request, ask())
        stub = self.channel.unary_stream(path, ask.SerializeToString, answer.FromString)
        for one in stub(message, timeout=SECONDS):
            yield as_dictionary(one)

    def _method(self, service, method):
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        ask, answer = GetMessageClass(found.input_type), GetMessageClass(found.output_type)
        return f"/{service}/{method}", ask, answer


def as_dictionary(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def say(word, what):
    print(f"{word:<13}{what}", flush=True)


def take_part(client, provider_address):
    """A partner that sells, and the provider that sets up for it."""
    partner = client.call(
        "tasuki.tenant.v1.PartnerService",
        "CreatePartner",
        kind="PARTNER_KIND_OPERATOR",
        code="ogs",
        name="沖電グローバルシステムズ",
        name_en="Okiden Global Systems",
        capabilities=["CAPABILITY_SELL", "CAPABILITY_PROVISION"],
    )["partner"]
    say("partner", partner["id"])
    # The rate card names the provider of each plan; here one process stands behind both names.
    for name, service in [("utm", "SERVICE_UTM"), ("edr", "SERVICE_EDR")]:
        provider = client.call(
            "tasuki.tenant.v1.PartnerService",
            "RegisterProvider",
            partner_id=partner["id"],
            name=name,
            endpoint=f"http://{provider_address}",
            services=[service],
        )["provider"]
        say("provider", f"{provider['id']} {name}")
    return partner


def create_tenant(client, partner):
    """A small firm that every service fits."""
    tenant = client.call(
        "tasuki.tenant.v1.TenantService",
        "CreateTenant",
        partner_id=partner["id"],
        name="有限会社あかばな商店",
        name_en="Akabana Shop",
        simulated_clock_start="2021-04-01T00:00:00Z",
        profile={
            "industry": "I",
            "employees": 8,
            "endpoints": {"windows": 6, "mac": 0, "linux": 0},
            "has_utm": False,
            "has_antivirus": True,
            "has_website": False,
            "waf": "WAF_STATE_NONE",
            "upstream_maintainer": "MAINTAINER_COOPERATION_NOT_NEEDED",
            "has_executive_approval": True,
            "sites": [{"code": "main", "name": "本店", "prefecture": "47", "remote_island": False}],
        },
    )["tenant"]
    say("tenant", tenant["id"])
    return tenant


def quote(client, tenant):
    """A UTM and EDR for six machines."""
    answer = client.call(
        "tasuki.quote.v1.QuoteService",
        "CreateQuote",
        tenant_id=tenant["id"],
        selections=[
            {"service": "SERVICE_UTM"},
            {"service": "SERVICE_EDR", "endpoints": 6},
        ],
    )["quote"]
    totals = answer["totals"]
    say("quote", answer["id"])
    say("", f"monthly {totals['monthly']['units']} yen, yearly {totals['yearly']['units']} yen")
    return answer


def accept(client, tenant, offered):
    """Accepts with everything read that has to be read."""
    read = [
        {
            "code": one["code"],
            "document_version": one.get("document_version", ""),
            "language": "LANGUAGE_JA",
            "shown_at": "2021-04-01T00:00:00Z",
            "acknowledged_at": "2021-04-01T00:00:00Z",
            "acknowledged_by": "店主",
        }
        for one in offered.get("acknowledgements", [])
    ]
    accepted = client.call(
        "tasuki.quote.v1.QuoteService",
        "AcceptQuote",
        tenant_id=tenant["id"],
        quote_id=offered["id"],
        etag=offered["etag"],
        acknowledgements=read,
        accepted_by="店主",
    )
    say("subscription", accepted["subscription_id"])
    return accepted


def watch(client, tenant, order_id, ended):
    """Prints what happens to an order and keeps the state it ended in."""
    events = client.watch(
        "tasuki.provisioning.v1.ProvisioningService",
        "WatchOrder",
        tenant_id=tenant["id"],
        order_id=order_id,
    )
    for event in events:
        order = event.get("order")
        if order is None:
            continue
        # A change of one item, or the order as a whole.
        changed = event.get("transition", {}).get("to")
        for item in order["items"]:
            if event.get("item_id", item["id"]) == item["id"]:
                service = item["spec"]["service"].removeprefix("SERVICE_").lower()
                state = (changed or item["state"]).removeprefix("ITEM_STATE_").lower()
                say("order", f"{service} is {state}")
        if order["state"] in ENDED:
            ended[order_id] = order["state"]


def confirm_steps(client, tenant, order_id):
    """Does what waits for the customer."""
    order = client.call(
        "tasuki.provisioning.v1.ProvisioningService",
        "GetOrder",
        tenant_id=tenant["id"],
        order_id=order_id,
    )["order"]
    for item in order["items"]:
        if item["state"] == "ITEM_STATE_AWAITING_CUSTOMER":
            kind = item["customer_step"]["action"]["kind"]
            client.call(
                "tasuki.provisioning.v1.ProvisioningService",
                "ConfirmCustomerAction",
                tenant_id=tenant["id"],
                order_id=order_id,
                item_id=item["id"],
                kind=kind,
                result="CUSTOMER_ACTION_RESULT_DONE",
            )
            say("customer", f"did {kind.removeprefix('CUSTOMER_ACTION_KIND_').lower()}")


def set_up(client, tenant, order_ids):
    """Moves time until every order has ended, while a thread for each order watches it."""
    ended = {}
    watchers = [
        threading.Thread(target=watch, args=(client, tenant, order_id, ended), daemon=True)
        for order_id in order_ids
    ]
    for watcher in watchers:
        watcher.start()
    for day in range(1, MOST_STEPS, DAYS_A_STEP):
        month, day_of_month = (4, day + 1) if day < 30 else (5, day - 29)
        client.call(
            "tasuki.tenant.v1.TenantService",
            "AdvanceClock",
            tenant_id=tenant["id"],
            to=f"2021-{month:02}-{day_of_month:02}T00:00:00Z",
        )
        for order_id in order_ids:
            confirm_steps(client, tenant, order_id)
        for watcher in watchers:
            watcher.join(timeout=0.2)
        if len(ended) == len(order_ids):
            break
    return [ended.get(order_id, "still under way") for order_id in order_ids]


def main(server_address, provider_address):
    client = Client(server_address)
    partner = take_part(client, provider_address)
    tenant = create_tenant(client, partner)
    offered = quote(client, tenant)
    accepted = accept(client, tenant, offered)
    states = set_up(client, tenant, accepted["order_ids"])
    say("set up", ", ".join(states))
    subscription = client.call(
        "tasuki.subscription.v1.SubscriptionService",
        "GetSubscription",
        tenant_id=tenant["id"],
        subscription_id=accepted["subscription_id"],
    )["subscription"]
    flags = subscription["flags"]
    say("subscription", ", ".join(flag.removeprefix("SUBSCRIPTION_FLAG_").lower() for flag in flags))
    done = set(states) == {"ORDER_STATE_COMPLETED"} and "SUBSCRIPTION_FLAG_ACTIVE" in flags
    return 0 if done else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except grpc.RpcError as failure:
        sys.exit(f"{failure.code().name}: {failure.details()}")
