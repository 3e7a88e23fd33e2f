package org.dure.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The gate through which every tensor comes to life: what is made while a scope is open is freed
/// when it closes, unless a [Held] keeps it.
///
/// There is no garbage collection behind it (see [Libtorch]): a tensor made outside of a scope is a
/// defect. Scopes nest and belong to the thread that opened them.
final class NativeScope implements AutoCloseable {
  private final PointerScope scope;

  private NativeScope() {
    scope = new PointerScope();
  }

  /// @throws DureException if libtorch cannot be loaded
  static NativeScope open() {
    Libtorch.load();
    return new NativeScope();
  }

  @Override
  public void close() {
    scope.close();
  }

  /// Zeros on the device in use.
  Tensor zeros(long... shape) {
    return onDevice(torch.zeros(shape), ScalarType.Float);
  }

  /// Zeros in double precision on the device in use.
  Tensor doubles(long... shape) {
    return onDevice(torch.zeros(shape, new TensorOptions(ScalarType.Double)), ScalarType.Double);
  }

  /// A copy in double precision.
  static Tensor toDouble(Tensor vector) {
    return vector.to(ScalarType.Double);
  }

  /// Adds native memory, `8 * vector.numel()` bytes, to a vector in double precision.
  void addDoubles(Tensor vector, MemorySegment values) {
    TensorOptions options = new TensorOptions(ScalarType.Double);
    Tensor view =
        torch.from_blob(
            new Address(values), new long[] {values.byteSize() / Double.BYTES}, options);
    vector.add_(onDevice(view, ScalarType.Double));
  }

  /// The values of a tensor of `count` doubles.
  double[] doubles(Tensor tensor, int count) {
    double[] values = new double[count];
    new DoublePointer(tensor.cpu().contiguous().data_ptr_double()).get(values);
    return values;
  }

  /// A copy of `values` on the device in use.
  Tensor floats(float[] values, long... shape) {
    return onDevice(torch.from_blob(new FloatPointer(values), shape).clone(), ScalarType.Float);
  }

  /// A copy of `values` on the device in use.
  Tensor integers(long[] values, long... shape) {
    TensorOptions options = new TensorOptions(ScalarType.Long);
    Tensor view = torch.from_blob(new LongPointer(values), shape, options);
    return onDevice(view.clone(), ScalarType.Long);
  }

  private static Tensor onDevice(Tensor tensor, ScalarType type) {
    return switch (Libtorch.device()) {
      case CPU -> tensor;
      case CUDA -> tensor.to(new Device(torch.DeviceType.CUDA), type);
    };
  }

  static Scalar scalar(double value) {
    return new Scalar(value);
  }

  /// Fills a vector from memory, `4 * vector.numel()` bytes.
  void fill(Tensor vector, MemorySegment values) {
    if (values.isNative()) {
      vector.copy_(view(values));
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(values.byteSize(), 64);
      vector.copy_(view(copy.copyFrom(values)));
    }
  }

  /// Copies a vector into native memory, `4 * vector.numel()` bytes.
  void read(Tensor vector, MemorySegment into) {
    view(into).copy_(vector);
  }

  /// Writes `before - vector` into native memory; `before` may be the same memory.
  void subtract(MemorySegment before, Tensor vector, MemorySegment into) {
    if (!before.isNative() || Libtorch.device() != Libtorch.Device.CPU) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment now = arena.allocate(into.byteSize(), 64);
        read(vector, now);
        into.copyFrom(before);
        view(into).sub_(view(now));
      }
      return;
    }
    torch.sub_out(view(into), view(before), vector);
  }

  /// The values of a vector, to be read: its own memory where that is the processor's, valid until
  /// the vector changes or goes; otherwise a copy.
  MemorySegment values(Tensor vector, Arena arena) {
    long bytes = vector.numel() * Float.BYTES;
    return switch (Libtorch.device()) {
      case CPU ->
          MemorySegment.ofAddress(vector.data_ptr_float().address())
              .reinterpret(bytes, arena, segment -> {})
              .asReadOnly();
      case CUDA -> {
        MemorySegment copy = arena.allocate(bytes, 64);
        read(vector, copy);
        yield copy;
      }
    };
  }

  /// The values of a tensor of `count` floats, in row-major order.
  float[] floats(Tensor tensor, int count) {
    float[] values = new float[count];
    new FloatPointer(tensor.cpu().contiguous().data_ptr_float()).get(values);
    return values;
  }

  /// A vector of floats over native memory, which must outlive it.
  private static Tensor view(MemorySegment values) {
    if (!values.isNative()) {
      throw new DureException(ErrorCode.INTERNAL, "libtorch sees native memory only");
    }
    return torch.from_blob(new Address(values), values.byteSize() / Float.BYTES);
  }

  /// The address of a native segment as JavaCPP passes it on; owns nothing.
  private static final class Address extends Pointer {
    Address(MemorySegment segment) {
      super((Pointer) null);
      address = segment.address();
    }
  }

  /// Tensors that outlive the scope they were made in, until they are closed. Not thread-safe.
  static final class Held implements AutoCloseable {
    private final List<Tensor> tensors = new ArrayList<>();

    /// Keeps a tensor beyond its scope.
    Tensor keep(Tensor tensor) {
      tensors.add(tensor.retainReference());
      return tensor;
    }

    @Override
    public void close() {
      tensors.reversed().forEach(Tensor::releaseReference);
      tensors.clear();
    }
  }
}
