package org.dure.core;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// A safetensors file, mapped into memory.
///
/// Layout (safetensors README, "Format"): `u64 n` little-endian, `n` bytes of JSON object mapping
/// each tensor's name to `{"dtype", "shape", "data_offsets": [begin, end)}` with offsets counted
/// from the end of the header, then the data without holes. `__metadata__` maps strings to
/// strings. We write the header padded with spaces to a multiple of 8 and read `F32` and `I64`
/// only.
///
/// Everything the header claims is checked against the file before any byte is used: hostile files
/// give an error that names the tensor. Instances are immutable; closing unmaps the file.
public final class SafeTensors implements AutoCloseable {
  private static final long MOST_HEADER = 16 << 20;

  /// Element types that we read and write.
  public enum Type {
    F32(4),
    I64(8);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }
  }

  /// One tensor to write or as read.
  ///
  /// @param data little-endian, row-major
  public record Entry(Type type, List<Long> shape, MemorySegment data) {
    public Entry {
      shape = List.copyOf(shape);
      long elements = shape.stream().reduce(1L, Math::multiplyExact);
      if (data.byteSize() != elements * type.bytes) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%d bytes for shape %s of %s".formatted(data.byteSize(), shape, type));
      }
    }
  }

  private final Path file;
  private final Arena arena;
  private final SequencedMap<String, Entry> entries;
  private final Map<String, String> metadata;

  private SafeTensors(
      Path file, Arena arena, SequencedMap<String, Entry> entries, Map<String, String> metadata) {
    this.file = file;
    this.arena = arena;
    this.entries = entries;
    this.metadata = metadata;
  }

  /// Tensors in the order in which their data lie in the file.
  public SequencedMap<String, Entry> entries() {
    return entries;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  /// The tensor of that name.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if there is none of this type
  public Entry entry(String name, Type type) {
    Entry entry = entries.get(name);
    if (entry == null || entry.type() != type) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "no tensor %s of type %s in the file".formatted(name, type));
    }
    return entry;
  }

  /// Refuses weights that no training gives and with which nothing can be computed. Reads all of
  /// the file once.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the first tensor with a value
  ///     that is not a number or not finite, and how many it has
  public void requireFinite() {
    entries.forEach(
        (name, entry) -> {
          if (entry.type() == Type.F32) {
            requireFinite(name, entry.data());
          }
        });
  }

  private void requireFinite(String name, MemorySegment values) {
    long count = values.byteSize() / Float.BYTES;
    long first = -1;
    long bad = 0;
    for (long i = 0; i < count; i++) {
      if (!Float.isFinite(values.getAtIndex(Weights.FLOAT, i))) {
        first = bad == 0 ? i : first;
        bad++;
      }
    }
    if (bad > 0) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: tensor %s holds %d of %d values that are not finite, the first is value %d, %s: the"
                  .formatted(
                      file,
                      Printable.line(name),
                      bad,
                      count,
                      first,
                      values.getAtIndex(Weights.FLOAT, first))
              + " model is broken; go back to an earlier state of its training");
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  /// Writes the tensors in the map's order, atomically.
  public static void write(Path file, Map<String, Entry> tensors, Map<String, String> metadata) {
    AtomicFiles.write(file, out -> write(out, tensors, metadata));
  }

  private static void write(
      OutputStream out, Map<String, Entry> tensors, Map<String, String> metadata)
      throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      header.put("__metadata__", metadata);
    }
    long offset = 0;
    for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
      long end = offset + tensor.getValue().data().byteSize();
      Map<String, Object> info = new LinkedHashMap<>();
      info.put("dtype", tensor.getValue().type().name());
      info.put("shape", tensor.getValue().shape());
      info.put("data_offsets", List.of(offset, end));
      header.put(tensor.getKey(), info);
      offset = end;
    }
    String json = Json.text(header);
    byte[] head = json.getBytes(StandardCharsets.UTF_8);
    int padding = (8 - head.length % 8) % 8;
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    out.write(length.putLong(head.length + padding).array());
    out.write(head);
    out.write(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
    byte[] buffer = new byte[1 << 16];
    for (Entry tensor : tensors.values()) {
      for (long at = 0; at < tensor.data().byteSize(); at += buffer.length) {
        int n = (int) Math.min(buffer.length, tensor.data().byteSize() - at);
        MemorySegment.copy(tensor.data(), ValueLayout.JAVA_BYTE, at, buffer, 0, n);
        out.write(buffer, 0, n);
      }
    }
  }

  /// Maps the file.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is truncated or not well-formed
  public static SafeTensors open(Path file) {
    AtomicFiles.requireFile(file);
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return parse(file, arena, bytes);
    } catch (IOException e) {
      arena.close();
      throw DureException.io("read", file, e);
    } catch (DureException e) {
      arena.close();
      throw e;
    }
  }

  private static SafeTensors parse(Path file, Arena arena, MemorySegment bytes) {
    if (bytes.byteSize() < 8) {
      throw malformed(file, "%d bytes, too short for a header".formatted(bytes.byteSize()));
    }
    long length = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (length < 2 || length > MOST_HEADER || length > bytes.byteSize() - 8) {
      throw malformed(
          file, "a header of %d bytes in a file of %d".formatted(length, bytes.byteSize()));
    }
    byte[] head = bytes.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = bytes.asSlice(8 + length);
    Map<String, @Nullable Object> header;
    try {
      header = Json.object(head);
    } catch (DureException e) {
      throw malformed(file, "header is " + e.getMessage());
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Placed> placed = new ArrayList<>();
    header.forEach(
        (name, value) -> {
          if (!(value instanceof Map<?, ?> info)) {
            throw malformed(file, "header entry %s is no object".formatted(name));
          }
          if (name.equals("__metadata__")) {
            info.forEach((k, v) -> metadata.put(String.valueOf(k), String.valueOf(v)));
          } else {
            placed.add(place(file, name, info, data));
          }
        });
    placed.sort((a, b) -> Long.compare(a.begin, b.begin));
    long end = 0;
    SequencedMap<String, Entry> entries = new LinkedHashMap<>();
    for (Placed tensor : placed) {
      if (tensor.begin != end) {
        throw malformed(
            file, "tensor %s starts at %d: expected %d".formatted(tensor.name, tensor.begin, end));
      }
      end = tensor.begin + tensor.entry.data().byteSize();
      entries.put(tensor.name, tensor.entry);
    }
    if (end != data.byteSize()) {
      throw malformed(
          file, "%d bytes of data: the header describes %d".formatted(data.byteSize(), end));
    }
    return new SafeTensors(file, arena, entries, Map.copyOf(metadata));
  }

  private record Placed(String name, long begin, Entry entry) {}

  private static Placed place(Path file, String name, Map<?, ?> info, MemorySegment data) {
    Type type = null;
    for (Type candidate : Type.values()) {
      if (candidate.name().equals(info.get("dtype"))) {
        type = candidate;
      }
    }
    if (type == null) {
      throw malformed(
          file, "tensor %s has dtype %s: expected F32 or I64".formatted(name, info.get("dtype")));
    }
    List<Long> shape = numbers(file, name, info.get("shape"));
    List<Long> offsets = numbers(file, name, info.get("data_offsets"));
    long elements = 1;
    try {
      for (long size : shape) {
        elements = Math.multiplyExact(elements, size);
      }
      elements = Math.multiplyExact(elements, type.bytes);
    } catch (ArithmeticException e) {
      throw malformed(file, "tensor %s has the impossible shape %s".formatted(name, shape));
    }
    if (offsets.size() != 2
        || offsets.get(0) > offsets.get(1)
        || offsets.get(1) > data.byteSize()
        || offsets.get(1) - offsets.get(0) != elements) {
      throw malformed(
          file,
          "tensor %s of shape %s lies at %s of %d bytes of data"
              .formatted(name, shape, offsets, data.byteSize()));
    }
    return new Placed(
        name, offsets.get(0), new Entry(type, shape, data.asSlice(offsets.get(0), elements)));
  }

  private static List<Long> numbers(Path file, String name, @Nullable Object value) {
    List<Long> numbers = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object element : list) {
        if (element instanceof Integer || element instanceof Long) {
          long number = ((Number) element).longValue();
          if (number >= 0) {
            numbers.add(number);
            continue;
          }
        }
        throw malformed(file, "tensor %s: %s is no size".formatted(name, element));
      }
      return numbers;
    }
    throw malformed(file, "tensor %s: expected a list, found %s".formatted(name, value));
  }

  private static DureException malformed(Path file, String problem) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s is not a whole safetensors file: %s".formatted(file, Printable.line(problem)));
  }
}
