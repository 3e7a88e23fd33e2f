package org.dure.federation.server;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.DataFormatException;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Sha256;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.status.Direction;
import org.dure.federation.wire.BytePlanes;
import org.dure.federation.wire.PartialChunks;

/// The chunks that cross the hub's border: lists and fragments in, weights out, each a block of
/// [BytePlanes#BLOCK] bytes at a time. Moves no byte under the hub's lock, so that transfers go on
/// while it merges; where a region has used up its room, its own messages wait while some is made.
/// Thread-safe.
final class HubChunks {
  /// How a body is written on the wire.
  enum Encoding {
    /// As it is.
    IDENTITY,
    /// As [BytePlanes] writes it.
    PLANES
  }

  /// The chunk that a body belongs to, and where it goes on.
  ///
  /// @param from the body begins at this byte of the chunk
  /// @param total length of the chunk
  record Upload(String region, String digest, UploadKind kind, long from, long total) {}

  /// Digests that are remembered as looked through, about 150 bytes each.
  private static final int MOST_SOUND = 1 << 14;

  private final HubService service;
  private final ArtifactStore published;
  private final Path received;
  private final Map<String, FolderArtifactStore> stores = new ConcurrentHashMap<>();
  private final Set<String> sound = ConcurrentHashMap.newKeySet();

  /// What has been given out, by region and digest: what a region asks for twice may have reached
  /// it spoilt.
  private final Set<String> given = ConcurrentHashMap.newKeySet();
  private final Map<String, PartialChunks> partialChunks = new ConcurrentHashMap<>();
  private final Map<String, UploadQuota> quotas = new ConcurrentHashMap<>();
  private final ReentrantLock parsing = new ReentrantLock(true);

  /// @param received folder that has one folder a region
  HubChunks(HubService service, ArtifactStore published, Path received) {
    this.service = service;
    this.published = published;
    this.received = received;
    service.onCounted(this::counted);
  }

  /// What the message names stays for good.
  private void counted(Message message) {
    UploadQuota uploads = quotas(message.region());
    String list =
        switch (message) {
          case Message.Contribution contribution -> contribution.delta();
          case Message.Preparation preparation -> preparation.parcel();
          case Message.Spending spending -> "";
          case Message.Scores scores -> "";
          case MaskingMessage masking -> "";
          case Message.Hello hello -> "";
          case Message.Activity activity -> "";
        };
    try {
      Set<String> named = new HashSet<>();
      if (!list.isEmpty() && !uploads.isEmpty()) {
        named.add(list);
        named.addAll(FragmentList.parse(store(message.region()).get(list)).fragments());
      }
      uploads.counted(named);
    } catch (DureException e) {
      // What it names is not known: then nothing may give way.
      uploads.forget();
    }
  }

  private FolderArtifactStore store(String region) {
    return stores.computeIfAbsent(region, name -> new FolderArtifactStore(received.resolve(name)));
  }

  private PartialChunks partialChunks(String region) {
    return partialChunks.computeIfAbsent(
        region,
        name ->
            new PartialChunks(
                received.resolve(name).resolve("partial"),
                store(name),
                FolderArtifactStore.Durability.FORCED));
  }

  private UploadQuota quotas(String region) {
    return quotas.computeIfAbsent(
        region, name -> new UploadQuota(store(name), partialChunks(name)));
  }

  /// Finds a place for a chunk that is about to come.
  ///
  /// @return false if it is here
  /// @throws MessageRefused with [RejectReason#QUOTA_USED]
  private boolean reserve(String region, String digest, long bytes) {
    UploadQuota uploads = quotas(region);
    UploadQuota.Quota quota = service.quota();
    UploadQuota.Answer answer = uploads.begin(digest, bytes, quota);
    if (answer == UploadQuota.Answer.FULL) {
      answer = service.withoutMessages(region, () -> uploads.beginInstead(digest, bytes, quota));
    }
    return switch (answer) {
      case BEGUN -> true;
      case HELD -> false;
      case FULL ->
          throw service.refused(
              region,
              RejectReason.QUOTA_USED,
              "more than %d bytes, or %d chunks, that no message counts"
                  .formatted(quota.bytes(), quota.files()));
    };
  }

  /// Takes a list of what the region is about to send.
  ///
  /// @return what the hub lacks of it
  MissingFragments offer(String region, UploadKind kind, byte[] json) {
    service.checkJoined(region);
    FragmentList list = parse(region, json);
    service.limits().chargeList(region, list.fragments().size());
    String digest = Sha256.of(json);
    quotas(region).announce(digest, Set.copyOf(list.fragments()));
    if (reserve(region, digest, json.length)) {
      try {
        String unused = store(region).put(json);
      } finally {
        quotas(region).end(digest);
      }
    }
    service.traffic().out(region, service.snapshot().round(), kind.traffic(), json.length);
    Map<String, Long> begun = partialChunks(region).begun();
    return MissingFragments.of(list, store(region)::contains, name -> begun.getOrDefault(name, 0L));
  }

  /// One list after the other: JSON can be much larger in memory than on the wire.
  private FragmentList parse(String region, byte[] json) {
    parsing.lock();
    try {
      return FragmentList.parse(json);
    } catch (DureException e) {
      throw service.refused(region, RejectReason.MALFORMED, String.valueOf(e.getMessage()));
    } finally {
      parsing.unlock();
    }
  }

  /// Whether the region has sent this chunk as a whole.
  boolean has(String region, String digest) {
    service.checkJoined(region);
    return store(region).contains(digest);
  }

  /// How many bytes the region has sent of a chunk that is not whole.
  long bytes(String region, String digest) {
    service.checkJoined(region);
    return partialChunks(region).bytes(digest);
  }

  /// Takes a chunk of a region, or the rest of one.
  ///
  /// @throws MessageRefused if it is too large, too much, or not what its name says
  /// @throws IOException if the body ends early: what came is kept
  void put(Upload upload, Encoding encoding, InputStream body) throws IOException {
    String region = upload.region;
    service.checkJoined(region);
    if (upload.from < 0 || upload.total < upload.from) {
      throw service.refused(
          region, RejectReason.MALFORMED, "bytes %d of %d".formatted(upload.from, upload.total));
    }
    service.limits().checkSize(region, upload.total);
    Counted counted = new Counted(body);
    if (!reserve(region, upload.digest, upload.total)) {
      counted.transferTo(OutputStream.nullOutputStream());
      service.stats().sentAgain(region, upload.total - upload.from);
      service
          .traffic()
          .out(region, service.snapshot().round(), upload.kind.traffic(), counted.bytes);
      return;
    }
    long had = Math.min(partialChunks(region).bytes(upload.digest), upload.total);
    service.stats().transferBegun(region, Direction.OUT, System.nanoTime());
    try (PartialChunks.Arrival arrival = partialChunks(region).open(upload.digest, upload.from)) {
      try {
        take(arrival, upload.total, encoding, counted);
        arrival.finish();
        if (upload.kind == UploadKind.DELTA) {
          service.arrived(region, upload.digest);
        }
      } finally {
        long known = Math.min(had, arrival.begun()) - upload.from;
        service.stats().sentAgain(region, Math.max(0, known));
      }
    } catch (DataFormatException e) {
      throw service.refused(
          region, RejectReason.CHUNK_CORRUPT, "%s: %s".formatted(BytePlanes.NAME, e.getMessage()));
    } catch (DureException e) {
      service.health().met(e);
      throw switch (e.code()) {
        case ARTIFACT_CORRUPT -> {
          service.stats().sentAgain(region, upload.total);
          yield service.refused(region, RejectReason.CHUNK_CORRUPT, String.valueOf(e.getMessage()));
        }
        case INPUT_MALFORMED ->
            service.refused(region, RejectReason.WRONG_RANGE, String.valueOf(e.getMessage()));
        default -> e;
      };
    } finally {
      service.stats().transferEnded(region, Direction.OUT, counted.bytes, System.nanoTime());
      quotas(region).end(upload.digest);
      service
          .traffic()
          .out(region, service.snapshot().round(), upload.kind.traffic(), counted.bytes);
    }
  }

  private static void take(
      PartialChunks.Arrival arrival, long total, Encoding encoding, InputStream body)
      throws IOException, DataFormatException {
    byte[] raw = new byte[BytePlanes.BLOCK];
    byte[] block = encoding == Encoding.PLANES ? new byte[BytePlanes.MOST_ENCODED] : raw;
    while (true) {
      int length;
      if (encoding == Encoding.IDENTITY) {
        length = body.read(raw);
      } else if (BytePlanes.read(body, block) < 0) {
        length = -1;
      } else {
        try (BytePlanes bytePlanes = BytePlanes.borrow()) {
          length = bytePlanes.decode(block, raw);
        }
      }
      if (length < 0) {
        break;
      }
      if (arrival.begun() + length > total) {
        throw new DataFormatException("more than the %d bytes announced".formatted(total));
      }
      arrival.write(raw, 0, length);
    }
    if (arrival.begun() < total) {
      throw new EOFException("the chunk ends %d bytes early".formatted(total - arrival.begun()));
    }
  }

  /// Length of a chunk that the hub gives out.
  ///
  /// @throws MessageRefused with [RejectReason#CHUNK_MISSING]
  long size(String region, String digest) {
    service.checkJoined(region);
    if (!service.snapshot().mayHave(region, digest) || !isSound(digest)) {
      throw new MessageRejected(RejectReason.CHUNK_MISSING, "there is no chunk " + digest);
    }
    return published.size(digest);
  }

  /// Whether the chunk is here with the bytes of its name; looked through once, and again by
  /// [#give]. One that the disk has lost or spoilt is made again.
  private boolean isSound(String digest) {
    if (!published.contains(digest)) {
      if (service.snapshot().givesOut(digest)) {
        service.lost();
      }
      return false;
    }
    if (!sound.contains(digest)) {
      if (!FragmentReader.isSound(published, digest)) {
        service.lost();
        return false;
      }
      remember(sound, digest);
    }
    return true;
  }

  /// @return whether it was new
  private static boolean remember(Set<String> known, String one) {
    if (known.size() >= MOST_SOUND) {
      known.clear();
    }
    return known.add(one);
  }

  /// Gives out a chunk from byte `from` on. The whole of one that the region has had before is
  /// looked through on its way: it costs no more reading than the giving, so asking again and again
  /// makes the hub work for nothing more than that.
  void give(String region, String digest, long from, Encoding encoding, OutputStream body)
      throws IOException {
    long bytes = 0;
    boolean again = !remember(given, region + " " + digest) && from == 0;
    MessageDigest found = Sha256.digest();
    byte[] raw = new byte[BytePlanes.BLOCK];
    byte[] block = encoding == Encoding.PLANES ? new byte[BytePlanes.MOST_ENCODED] : raw;
    service.stats().transferBegun(region, Direction.IN, System.nanoTime());
    try (InputStream chunk = published.open(digest)) {
      chunk.skipNBytes(from);
      for (int n = chunk.readNBytes(raw, 0, raw.length);
          n > 0;
          n = chunk.readNBytes(raw, 0, raw.length)) {
        int length = n;
        if (again) {
          found.update(raw, 0, n);
        }
        if (encoding == Encoding.PLANES) {
          try (BytePlanes bytePlanes = BytePlanes.borrow()) {
            length = bytePlanes.encode(raw, n, block);
          }
        }
        body.write(block, 0, length);
        bytes += length;
      }
      if (again && !Sha256.hex(found.digest()).equals(digest)) {
        sound.remove(digest);
        service.lost();
      }
    } finally {
      service.stats().transferEnded(region, Direction.IN, bytes, System.nanoTime());
      service.countChunk(region, digest, bytes);
    }
  }

  /// Counts what was read of a body.
  private static final class Counted extends FilterInputStream {
    private long bytes;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      bytes += value < 0 ? 0 : 1;
      return value;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int count = super.read(into, from, length);
      bytes += Math.max(0, count);
      return count;
    }
  }
}
