"""How topics are made in Kafka, how they are checked, and which rights we have there."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, MemberToRemove
from kafka.errors import (
    AuthorizationError,
    GroupAuthorizationFailedError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from streams import addresses
from streams.domain.swedish import counted, listed
from streams.kafka.refusals import refusal
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.kafka.topics import (
    APPEND_TIME,
    DAY_MS,
    FOR_EVER,
    GRANT,
    TIMESTAMP_TYPE,
    RefusedError,
    Topic,
    TopicError,
)


def connect(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> KafkaAdminClient:
    """Return an admin client.

    Raises :class:`TopicError` at once for what is no address and for a name nobody knows, and
    after a while if no broker answers; :class:`RefusedError` if it answers, but not us.
    """
    servers = [text.strip() for text in bootstrap_servers.split(",")]
    _require_addresses(servers)
    if refused := refusal(bootstrap_servers, security):
        raise RefusedError(refused.why)
    try:
        return KafkaAdminClient(
            bootstrap_servers=servers,
            bootstrap_timeout_ms=10_000,
            request_timeout_ms=15_000,
            **security.options(),
        )
    except (KafkaError, OSError, ValueError) as error:
        if refused := refusal(bootstrap_servers, security, has_failed=True):
            kind = RefusedError if refused.is_certain else TopicError
            raise kind(refused.why) from None
        usual = isinstance(error, KafkaTimeoutError)
        raise TopicError(
            f"ingen Kafka svarar på {bootstrap_servers}: starta den (svarsgrad stack), eller ange "
            f"en annan adress med --kafka VÄRD:PORT{'' if usual else f' ({type(error).__name__})'}"
        ) from None


@contextmanager
def administered(
    bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT
) -> Iterator[KafkaAdminClient]:
    """Give an admin client, as :func:`connect` does, and close it.

    Raises :class:`TopicError` too for what Kafka fails in meanwhile.
    """
    admin = connect(bootstrap_servers, security)
    try:
        yield admin
    except KafkaError as error:
        refused = refusal(bootstrap_servers, security, has_failed=True)
        raise TopicError(
            refused.why
            if refused
            else f"Kafka på {bootstrap_servers} svarade, men inte på allt "
            f"({type(error).__name__}): se i Kafkas logg vad som hindrar"
        ) from None
    finally:
        admin.close()


def create(admin: KafkaAdminClient, topics: list[Topic]) -> list[str]:
    """Create the topics that are missing; return their names. Those that exist are left alone."""
    existing = set(admin.list_topics())
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        try:
            admin.create_topics(
                {
                    topic.name: {
                        "num_partitions": topic.partitions,
                        "replication_factor": topic.replication,
                        "configs": topic.config,
                    }
                    for topic in missing
                },
                wait_for_metadata=True,
            )
        except TopicAlreadyExistsError:
            pass  # somebody else made it this instant; it is checked as any other
        except KafkaError as error:
            raise TopicError(_why_not_created(admin, error, missing[0].replication)) from None
    return [topic.name for topic in missing]


def faults(admin: KafkaAdminClient, topics: list[Topic]) -> list[str]:
    """Return what is wrong with the topics as they are, a line each; nothing if all is well."""
    existing = _existing(admin, [topic.name for topic in topics])
    found = []
    for topic in topics:
        if topic.name not in existing:
            found.append(f"{topic.name} finns inte: kör {_topics_command(admin)}")
            continue
        found += _faults(topic, existing[topic.name], config_of(admin, topic.name))
    return found


def partition_count(admin: KafkaAdminClient, names: list[str]) -> int:
    """Return how many partitions the topics have. Raises :class:`TopicError` if they differ."""
    existing = _existing(admin, names)
    missing = [name for name in names if name not in existing]
    if missing:
        raise TopicError(f"{', '.join(missing)} finns inte: kör {_topics_command(admin)}")
    counts = {name: len(its["partitions"]) for name, its in existing.items()}
    if len(set(counts.values())) != 1:
        told = listed([f"{name} har {count}" for name, count in counts.items()])
        raise TopicError(
            f"ämnena ska ha lika många partitioner, men {told}: gör om dem som avviker"
        )
    return next(iter(counts.values()))


def lacked(admin: KafkaAdminClient, names: list[str], right: str) -> list[str]:
    """Return those of the topics that we lack a right to (``READ``), as far as Kafka tells."""
    told = {name: its["authorized_operations"] for name, its in _existing(admin, names).items()}
    return [name for name, rights in told.items() if rights is not None and right not in rights]


def require_readable(admin: KafkaAdminClient, names: list[str]) -> None:
    """Raise :class:`RefusedError` if we may not read one of the topics."""
    if hidden := lacked(admin, names, "READ"):
        raise RefusedError(f"Kafka låter inte {_who(admin)} läsa {listed(hidden)} (Read): {GRANT}")


def require_group(admin: KafkaAdminClient, group: str) -> None:
    """Raise :class:`RefusedError` if we may not be in a group, as far as Kafka tells."""
    try:
        rights = admin.describe_groups([group])[group]["authorized_operations"]
    except GroupAuthorizationFailedError:
        rights = []
    except KafkaError:
        return  # nobody coordinates it yet, as on a new cluster; it is seen when we join
    if rights is not None and "READ" not in rights:
        raise RefusedError(
            f"Kafka låter inte {_who(admin)} vara med i gruppen {group} (Read): {GRANT}"
        )


def members_called(admin: KafkaAdminClient, group: str, client: str) -> list[str]:
    """Return the members of a group that call themselves so, as far as Kafka tells."""
    try:
        members = admin.describe_groups([group])[group]["members"]
    except KafkaError:
        return []
    return [its["member_id"] for its in members if its["client_id"] == client]


def put_out(admin: KafkaAdminClient, group: str, members: Iterable[str]) -> None:
    """Put members out of a group, as if they had left it."""
    reason = "its process has ended"
    admin.remove_group_members(
        group, [MemberToRemove(member_id=its, reason=reason) for its in members]
    )


def require_append_time(admin: KafkaAdminClient, name: str) -> None:
    """Raise :class:`TopicError` if a topic's records have their senders' times, not the broker's.

    Where recovery starts, and how far a clock may be ahead, is told by append times alone.
    """
    kind = config_of(admin, name).get(TIMESTAMP_TYPE)
    if kind != APPEND_TIME:
        raise TopicError(
            f"{name} har {TIMESTAMP_TYPE}={kind}, så det går inte att se vad som hunnit komma: "
            f"sätt {APPEND_TIME} och starta om räknaren"
        )


def _require_addresses(servers: list[str]) -> None:
    """Raise :class:`TopicError` for what is no address, or if no server's name is known."""
    found = []
    for text in servers:
        address = addresses.read_address(text)
        if address is None:
            raise TopicError(
                f"{text!r} är ingen adress; skriv värd:port, till exempel {addresses.KAFKA}"
            )
        found.append(address)
    unresolved = [addresses.why_unresolved(*address) for address in found]
    if all(unresolved):
        raise TopicError(
            f"{','.join(servers)} går inte att nå ({unresolved[0]}): "
            "ange en annan adress med --kafka VÄRD:PORT"
        )


def _why_not_created(admin: KafkaAdminClient, error: KafkaError, replication: int) -> str:
    """Return why topics could not be created, and who can do what about it."""
    name = type(error).__name__
    if isinstance(error, InvalidReplicationFactorError):
        nodes = _node_count(admin)
        there_are = f"det finns {counted(nodes, 'Kafka-nod', 'Kafka-noder')}"
        where = "på en egen maskin, " if nodes == 1 else ""
        if nodes < replication:
            return (
                f"{there_are}, men {replication} kopior begärs: "
                f"{where}kör med --replication {nodes}."
            )
    if isinstance(error, AuthorizationError):
        return f"Kafka låter inte {_who(admin)} skapa ämnen (Create): {GRANT}"
    if isinstance(error, InvalidTopicError):
        return (
            "Kafka tar inte ämnenas namn: skriv --topics med a–z, siffror, punkt och bindestreck"
        )
    return f"ämnena kunde inte skapas ({name}): se i Kafkas logg vad som hindrar"


def _existing(admin: KafkaAdminClient, names: list[str]) -> dict[str, Any]:
    """Return what Kafka tells of those topics that exist.

    Raises :class:`RefusedError` if it does not let us see whether one does.
    """
    told = {its["name"]: its for its in admin.describe_topics(names)}
    forbidden = TopicAuthorizationFailedError.errno
    if hidden := [name for name in names if told[name]["error_code"] == forbidden]:
        raise RefusedError(
            f"Kafka låter inte {_who(admin)} se {listed(hidden)} (Describe): {GRANT}"
        )
    return {name: told[name] for name in names if not told[name]["error_code"]}


def _who(admin: KafkaAdminClient) -> str:
    """Return who we are to Kafka."""
    user: str | None = admin.config.get("sasl_plain_username")
    return f"användaren {user}" if user else "oss"


def _node_count(admin: KafkaAdminClient) -> int:
    """Return how many brokers there are that take partitions."""
    brokers = admin.describe_cluster()["brokers"]
    return sum(not broker.get("is_fenced") for broker in brokers)


def _topics_command(admin: KafkaAdminClient) -> str:
    """Return what to type to make the topics on the Kafka that was asked."""
    kafka = ",".join(admin.config["bootstrap_servers"])
    return "svarsgrad topics" + ("" if kafka == addresses.KAFKA else f" --kafka {kafka}")


def _faults(topic: Topic, description: Any, config: Mapping[str, str]) -> list[str]:
    partitions = description["partitions"]
    replication = min(len(partition["replica_nodes"]) for partition in partitions)
    found = []
    if len(partitions) != topic.partitions:
        found.append(
            f"{topic.name} har {counted(len(partitions), 'partition', 'partitioner')}, inte "
            f"{topic.partitions}: ange --partitions som ämnet är, eller gör om ämnet "
            "(det ändras aldrig i efterhand)"
        )
    if replication < topic.replication:
        found.append(
            f"{topic.name} har {counted(replication, 'kopia', 'kopior')}, inte "
            f"{topic.replication}: öka med kafka-reassign-partitions, "
            "eller ange --replication som ämnet är"
        )
    retention = int(config.get("retention.ms", "-1"))
    if retention != FOR_EVER and not 0 <= topic.retention_ms <= retention:
        kept = topic.retention_days or "för alltid"
        found.append(
            f"{topic.name} sparar {retention // DAY_MS} dygn, inte {kept}: "
            f"sätt retention.ms={topic.retention_ms}"
        )
    for key in (TIMESTAMP_TYPE, "cleanup.policy"):
        have = set(config.get(key, "").split(","))
        if have != set(topic.config[key].split(",")):
            found.append(f"{topic.name} har {key}={config.get(key)}: sätt {topic.config[key]}")
    return found


def config_of(admin: KafkaAdminClient, name: str) -> dict[str, str]:
    """Return a topic's settings. Raises :class:`RefusedError` if we may not see them."""
    described = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all"
    )
    values = described["topic"][name]
    if not values:  # the client does not say that it was refused
        raise RefusedError(
            f"Kafka låter inte {_who(admin)} läsa inställningarna för {name} (DescribeConfigs): "
            f"{GRANT}"
        )
    return {key: str(entry["value"]) for key, entry in values.items()}
