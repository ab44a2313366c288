import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams: facts of each leg in a persistent store (RocksDB) with a changelog in Kafka.
 *
 * <p>Settings: a thread for each of two processors; 64 MB of cache before the stores, so that a
 * leg's three events are one write when they come soon after each other; 5,000 records a poll. The
 * rest is as it comes: at least once, a commit each 30 seconds. The work is as in work.py.
 */
public final class Peer {
    record Data(String queue, String arrived_at) {}

    record Call(
            String id, String source, String type, String subject, String time,
            String partitionkey, Data data) {}

    private static final long WINDOW = 30L * 60 * 1_000_000;
    private static final long LIMIT = 15_000_000;
    private static final long NONE = Long.MIN_VALUE;
    private static final List<String> COLUMNS = List.of(
            "se.svarsgrad.call.offered.v1",
            "se.svarsgrad.call.answered.v1",
            "se.svarsgrad.call.completed.v1");
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();
    private static final ObjectReader ONE = JSON.readerFor(Call.class);
    private static final ObjectReader MANY = JSON.readerForListOf(Call.class);

    private static final AtomicLong seen = new AtomicLong();
    private static final CountDownLatch done = new CountDownLatch(1);
    private static volatile long began;

    private Peer() {}

    /** Keeps when each leg arrived, was answered and ended. */
    static final class Fold implements Processor<byte[], byte[], Void, Void> {
        private final long events;
        private KeyValueStore<String, byte[]> legs;

        Fold(long events) {
            this.events = events;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            legs = context.getStateStore("legs");
        }

        @Override
        public void process(Record<byte[], byte[]> message) {
            byte[] value = message.value();
            try {
                List<Call> calls = value[0] == '[' ? MANY.readValue(value)
                        : List.of(ONE.<Call>readValue(value));
                calls.forEach(this::fold);
                if (began == 0) {
                    began = System.nanoTime();
                }
                if (seen.addAndGet(calls.size()) >= events && events > 0) {
                    done.countDown();
                }
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }

        private void fold(Call call) {
            String key = call.subject() + '|' + call.partitionkey() + '/' + call.data().queue();
            byte[] held = legs.get(key);
            ByteBuffer leg = held == null
                    ? ByteBuffer.allocate(24).putLong(NONE).putLong(NONE).putLong(NONE)
                    : ByteBuffer.wrap(held);
            leg.putLong(8 * COLUMNS.indexOf(call.type()), micros(call.time()));
            legs.put(key, leg.array());
        }
    }

    static long micros(String time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(time));
    }

    /**
     * Arguments: servers, topic, events, at (microseconds since 1970), directory.
     *
     * <p>Without events it tells what it has kept there, as soon as it could go on. It ends when
     * its input does.
     */
    public static void main(String[] arguments) throws Exception {
        String servers = arguments[0];
        String topic = arguments[1];
        long events = Long.parseLong(arguments[2]);
        long at = Long.parseLong(arguments[3]);

        Properties settings = new Properties();
        String name = "streams-" + Integer.toHexString(arguments[4].hashCode());
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);

        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("legs"), Serdes.String(), Serdes.ByteArray())
                .withCachingEnabled());
        builder.stream(topic, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .process(() -> new Fold(events), "legs");
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        if (events == 0) {
            streams.setStateListener((state, before) -> {
                if (state == KafkaStreams.State.RUNNING) {
                    done.countDown();
                }
            });
        }
        streams.start();
        done.await();
        Map<String, Object> told = new LinkedHashMap<>();
        Map<String, Object> answers = answers(streams, at);
        told.put("began", began / 1e9);
        told.put("done", System.nanoTime() / 1e9);
        told.put("answers", answers);
        System.out.println(JSON.writeValueAsString(told));
        System.in.read();
        Runtime.getRuntime().halt(0);
    }

    private static Map<String, Object> answers(KafkaStreams streams, long at) {
        Map<String, List<Long>> waits = new TreeMap<>();
        var legs = streams.store(StoreQueryParameters.fromNameAndType(
                "legs", QueryableStoreTypes.<String, byte[]>keyValueStore()));
        try (var all = legs.all()) {
            all.forEachRemaining(leg -> {
                ByteBuffer facts = ByteBuffer.wrap(leg.value);
                long arrived = facts.getLong(0);
                long answered = facts.getLong(8);
                if (at - WINDOW <= arrived && arrived < at) {
                    waits.computeIfAbsent(
                            leg.key.substring(leg.key.indexOf('|') + 1), queue -> new ArrayList<>())
                            .add(answered == NONE ? Long.MAX_VALUE : answered - arrived);
                }
            });
        }
        Map<String, Object> answers = new TreeMap<>();
        waits.forEach((queue, its) -> {
            Collections.sort(its);
            long inTime = its.stream().filter(wait -> wait <= LIMIT).count();
            long p90 = its.get((int) Math.ceil(0.9 * its.size()) - 1);
            answers.put(queue, List.of(its.size(), (double) inTime / its.size(), p90 / 1e6));
        });
        return answers;
    }
}
