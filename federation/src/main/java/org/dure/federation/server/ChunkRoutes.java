package org.dure.federation.server;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Sha256;
import org.dure.core.runtime.ReceiveBudget;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.protocol.Wire;
import org.dure.federation.wire.BytePlanes;
import org.jspecify.annotations.Nullable;

/// The routes of chunks and lists; see [HubRoutes]. All thinking is done by [HubChunks].
public final class ChunkRoutes {
  private static final long MOST_DRAINED = 4L * FragmentList.MOST_BYTES;
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})");

  /// Memory of a chunk on its way: a block as it is and as it is written, what makes the one of the
  /// other, and what the server holds of it.
  private static final long TRANSFER = 4L * BytePlanes.BLOCK;

  /// Memory of a list and what is made of it, for each byte of it.
  private static final int TIMES_LIST = 4;

  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{1,15})-");

  private final HubChunks chunks;
  private final HubService service;
  private final RequestBodies bodies;

  ChunkRoutes(HubChunks chunks, HubService service, RequestBodies bodies) {
    this.chunks = chunks;
    this.service = service;
    this.bodies = bodies;
  }

  void register(RoutesConfig routes) {
    routes.post("/v1/lists", this::offer);
    routes.head("/v1/chunks/{digest}", this::holds);
    routes.put("/v1/chunks/{digest}", this::put);
    routes.get("/v1/chunks/{digest}", this::get);
  }

  private void offer(Context context) throws IOException {
    String region = HubRoutes.region(context, service);
    service.limits().awaitTurn(region);
    UploadKind kind = kind(context);
    try (RequestBodies.Body list = bodies.whole(context, region, service.mostList(), TIMES_LIST)) {
      HubRoutes.answer(context, service, region, chunks.offer(region, kind, list.bytes()));
    }
  }

  private void holds(Context context) {
    String region = HubRoutes.region(context, service);
    service.limits().awaitChunkTurn(region);
    String digest = digest(context);
    boolean held = chunks.has(region, digest);
    context.header(Wire.BYTES, String.valueOf(held ? 0 : chunks.bytes(region, digest)));
    context.attribute(HubRoutes.ANSWERED, true);
    context.status(held ? 200 : 404);
  }

  private void put(Context context) throws IOException {
    try {
      HubChunks.Upload upload = upload(context);
      service.limits().awaitChunkTurn(upload.region());
      HubChunks.Encoding encoding = encoding(context.header("Content-Encoding"));
      try (ReceiveBudget.Claim claim = bodies.claim(context, upload.region(), TRANSFER)) {
        chunks.put(upload, encoding, bodies.stream(context, upload.region()));
      }
      context.status(204);
    } catch (MessageRejected e) {
      if (!HubRoutes.endsConnection(e.refusal())) {
        drain(context);
      }
      throw e;
    }
  }

  private static HubChunks.Encoding encoding(@Nullable String header) {
    return switch (header) {
      case null -> HubChunks.Encoding.IDENTITY;
      case "identity" -> HubChunks.Encoding.IDENTITY;
      case BytePlanes.NAME -> HubChunks.Encoding.PLANES;
      default ->
          throw new MessageRejected(
              RejectReason.MALFORMED,
              "Content-Encoding is %s: expected none or %s".formatted(header, BytePlanes.NAME));
    };
  }

  private HubChunks.Upload upload(Context context) {
    String region = HubRoutes.region(context, service);
    String digest = digest(context);
    UploadKind kind = kind(context);
    String range = context.header("Content-Range");
    if (range == null) {
      long length = context.req().getContentLengthLong();
      if (length < 0 || context.header("Content-Encoding") != null) {
        throw new MessageRejected(
            RejectReason.MALFORMED,
            "neither Content-Length nor Content-Range tells the chunk's length");
      }
      return new HubChunks.Upload(region, digest, kind, 0, length);
    }
    ContentRange rest = contentRange(range);
    return new HubChunks.Upload(region, digest, kind, rest.from, rest.total);
  }

  /// What a body is of a chunk: all from byte `from` on.
  public record ContentRange(long from, long total) {}

  /// @throws MessageRefused if the header is not the rest of something
  public static ContentRange contentRange(String header) {
    Matcher matcher = CONTENT_RANGE.matcher(header);
    if (matcher.matches()) {
      long from = Long.parseLong(matcher.group(1));
      long last = Long.parseLong(matcher.group(2));
      long total = Long.parseLong(matcher.group(3));
      if (from <= last && last == total - 1) {
        return new ContentRange(from, total);
      }
    }
    throw new MessageRejected(
        RejectReason.MALFORMED,
        "Content-Range is \"%.80s\": expected \"bytes N-M/T\" with M = T - 1".formatted(header));
  }

  private static UploadKind kind(Context context) {
    return UploadKind.of(context.header(Wire.KIND));
  }

  private static String digest(Context context) {
    String digest = context.pathParam("digest");
    if (!Sha256.isDigest(digest)) {
      throw new MessageRejected(
          RejectReason.MALFORMED, "a chunk is named by 64 lower-case hexadecimal digits");
    }
    return digest;
  }

  /// Reads what a refused sender is still sending, so that it hears why instead of a broken
  /// connection; one that sends much more is cut off.
  static void drain(Context context) throws IOException {
    InputStream body =
        new MinimumRateBody(
            context.bodyInputStream(), why -> new MessageRejected(RejectReason.TOO_SLOW, why));
    byte[] buffer = new byte[1 << 12];
    for (long left = MOST_DRAINED; left > 0; ) {
      int read = body.read(buffer);
      if (read < 0) {
        return;
      }
      left -= read;
    }
  }

  private void get(Context context) throws IOException {
    String region = HubRoutes.region(context, service);
    String digest = digest(context);
    service.limits().awaitChunkTurn(region);
    long size = chunks.size(region, digest);
    long from = from(context.header("Range"), size);
    String accepted = context.header("Accept-Encoding");
    boolean bytePlanes = accepted != null && accepted.contains(BytePlanes.NAME) && size % 4 == 0;
    try (ReceiveBudget.Claim claim = bodies.claim(context, region, TRANSFER)) {
      if (from > 0) {
        context.status(206);
        context.header("Content-Range", "bytes %d-%d/%d".formatted(from, size - 1, size));
      }
      context.contentType("application/octet-stream");
      if (bytePlanes) {
        context.header("Content-Encoding", BytePlanes.NAME);
      } else {
        context.res().setContentLengthLong(size - from);
      }
      chunks.give(
          region,
          digest,
          from,
          bytePlanes ? HubChunks.Encoding.PLANES : HubChunks.Encoding.IDENTITY,
          context.res().getOutputStream());
    }
  }

  /// Where the asked range begins: only `bytes=N-` is understood, all else means the whole.
  public static long from(@Nullable String range, long size) {
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    if (!matcher.matches()) {
      return 0;
    }
    long from = Long.parseLong(matcher.group(1));
    return from < size ? from : 0;
  }
}
