package org.dure.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.UserFolder;
import org.jspecify.annotations.Nullable;

/// The gate to libtorch: loads it once per process, after looking whether this machine can run it,
/// and sets its threads and device. Thread-safe.
///
/// Before the libraries are loaded the process's environment gets what they read from it then:
/// waiting threads sleep instead of spinning (four processes share two cores in the demo), and one
/// thread each unless [#threads] says otherwise. Values that the user has set are left alone.
/// One thread is the default because results depend on the number of threads: with one, equal
/// machines give equal bits.
public final class Libtorch {
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";
  private static final Pattern CAPABILITY = Pattern.compile("CPU capability usage: (\\w+)");
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "OMP_NUM_THREADS", "1",
          "OPENBLAS_NUM_THREADS", "1",
          "OMP_WAIT_POLICY", "passive",
          "GOMP_SPINCOUNT", "0");

  /// Rows and columns of the matrices of [#selfTest].
  private static final long GEMM = 1024;

  private static boolean loaded;
  private static @Nullable DureException failure;
  private static Device device = Device.CPU;

  private Libtorch() {}

  /// Where tensors live.
  public enum Device {
    CPU,
    /// The first CUDA device; needs libtorch's GPU natives on the class path.
    CUDA
  }

  /// What [#selfTest] found.
  ///
  /// @param version of libtorch
  /// @param platform e.g. `linux-x86_64`
  /// @param device in use
  /// @param instructions widest vector instructions that libtorch uses, e.g. `AVX2`
  /// @param threads in use
  /// @param gigaflops of a 1024 x 1024 x 1024 single-precision matrix product, in 1e9 operations
  ///     a second (of processor time with one thread), the best of five
  public record SelfTest(
      String version,
      String platform,
      Device device,
      String instructions,
      int threads,
      double gigaflops) {}

  /// Loads libtorch; does nothing the second time.
  ///
  /// @throws DureException with [ErrorCode#NATIVE_UNAVAILABLE] that says what is missing
  static synchronized void load() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw failure;
    }
    try {
      checkMachine();
      prepareProcess();
      Loader.load(torch.class);
      torch.set_num_threads(Integer.parseInt(environment("OMP_NUM_THREADS")));
      loaded = true;
    } catch (LinkageError e) {
      failure =
          unavailable(
              "libtorch's native library does not load on %s (%s). Expected Linux on x86-64 with"
                      .formatted(platform(), e.getMessage())
                  + " glibc 2.28 or newer and its natives on the class path; the cache folder can"
                  + " be moved with -Dorg.bytedeco.javacpp.cachedir=DIR",
              e);
      throw failure;
    } catch (DureException e) {
      failure = e;
      throw e;
    }
  }

  private static void checkMachine() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw unavailable("this processor is big-endian: libtorch is built for x86-64", null);
    }
    Path cpu = Path.of("/proc/cpuinfo");
    String architecture = System.getProperty("os.arch", "");
    if (architecture.equals("amd64") && Files.isReadable(cpu)) {
      try {
        checkInstructions(Files.readString(cpu));
      } catch (IOException e) {
        throw DureException.io("read", cpu, e);
      }
    }
  }

  /// libtorch and OpenBLAS end the process with an illegal instruction on processors without these.
  static void checkInstructions(String cpuinfo) {
    Matcher flags = Pattern.compile("(?m)^flags\\s*:(.*)$").matcher(cpuinfo);
    if (flags.find()) {
      String found = flags.group(1) + " ";
      for (String needed : new String[] {"sse4_2", "avx2", "fma"}) {
        if (!found.contains(" " + needed + " ")) {
          throw unavailable(
              "this processor has no %s instructions: libtorch needs those of 2013 and later"
                  .formatted(needed.toUpperCase(Locale.ROOT)),
              null);
        }
      }
    }
  }

  /// Left to itself, the loader unpacks where others may write if it cannot do so at home.
  private static Path cache() {
    String given = System.getProperty(CACHE);
    return given == null ? UserFolder.of("javacpp") : UserFolder.require(Path.of(given));
  }

  private static void prepareProcess() {
    // Objects of JavaCPP are freed by their scopes alone, and nothing polls the process's size.
    System.setProperty(CACHE, cache().toString());
    System.setProperty("org.bytedeco.javacpp.nopointergc", "true");
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Linker linker = Linker.nativeLinker();
    MemorySegment setenv = linker.defaultLookup().find("setenv").orElse(MemorySegment.NULL);
    if (setenv.equals(MemorySegment.NULL)) {
      return;
    }
    MethodHandle call =
        linker.downcallHandle(
            setenv,
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      for (String name : ENVIRONMENT.keySet()) {
        int outcome =
            (int)
                call.invokeExact(
                    arena.allocateFrom(name), arena.allocateFrom(environment(name)), 0);
        if (outcome != 0) {
          throw unavailable("cannot set the environment variable " + name, null);
        }
      }
    } catch (DureException e) {
      throw e;
    } catch (Throwable e) {
      throw unavailable("cannot prepare the process for libtorch: " + e, e);
    }
  }

  private static String environment(String name) {
    String given = System.getenv(name);
    String fallback = ENVIRONMENT.getOrDefault(name, "");
    return given == null || (name.endsWith("THREADS") && !given.matches("[1-9]\\d{0,3}"))
        ? fallback
        : given;
  }

  /// Version of libtorch, without loading it.
  public static String version() {
    String jar = torch.class.getPackage().getImplementationVersion();
    return jar == null ? "unknown" : jar;
  }

  /// Sets how many threads a process's arithmetic uses, from 1.
  public static void threads(int count) {
    if (count < 1) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID, "%d threads: expected at least 1".formatted(count));
    }
    load();
    torch.set_num_threads(count);
    SymbolLookup.loaderLookup()
        .find("openblas_set_num_threads")
        .ifPresent(
            address -> {
              MethodHandle call =
                  Linker.nativeLinker()
                      .downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
              try {
                call.invokeExact(count);
              } catch (Throwable e) {
                throw unavailable("cannot set the threads of OpenBLAS: " + e, e);
              }
            });
  }

  /// Chooses where tensors are made from now on; models that exist stay where they are.
  ///
  /// @throws DureException with [ErrorCode#NATIVE_UNAVAILABLE] if there is no such device here
  public static synchronized void use(Device chosen) {
    load();
    if (chosen == Device.CUDA && !torch.cuda_is_available()) {
      throw unavailable(
          "no CUDA device here: expected an NVIDIA driver, and pytorch's natives for"
              + " linux-x86_64-gpu on the class path",
          null);
    }
    device = chosen;
  }

  static synchronized Device device() {
    return device;
  }

  /// Loads libtorch, compares a matrix product and a gradient with known values, and measures the
  /// speed of the former.
  ///
  /// @throws DureException with [ErrorCode#NATIVE_UNAVAILABLE] if it does not load or errs
  public static SelfTest selfTest() {
    load();
    try (NativeScope scope = NativeScope.open()) {
      Tensor halves = scope.zeros(GEMM, GEMM).add_(NativeScope.scalar(0.5));
      Tensor product = torch.mm(halves, halves);
      Tensor weight = scope.zeros(4).requires_grad_(true);
      weight.add(NativeScope.scalar(1)).square().sum().backward();
      double found = product.max().item_float();
      double slope = weight.grad().sum().item_float();
      if (found != GEMM / 4.0 || slope != 8) {
        throw unavailable(
            "libtorch computes %s and %s: expected %s and 8".formatted(found, slope, GEMM / 4.0),
            null);
      }
      int threads = torch.get_num_threads();
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 5; i++) {
        long start = nanos(threads);
        torch.mm(halves, halves);
        best = Math.min(best, nanos(threads) - start);
      }
      return new SelfTest(
          version(),
          platform(),
          device(),
          instructions(),
          threads,
          2.0 * GEMM * GEMM * GEMM / best);
    }
  }

  /// Time of this thread alone where it does all the work: other programs disturb it less.
  private static long nanos(int threads) {
    return threads == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static String instructions() {
    Matcher matcher = CAPABILITY.matcher(torch.show_config().getString());
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  /// What libtorch threw, as an error that says what to do where that is known.
  static RuntimeException explain(RuntimeException thrown) {
    String message = String.valueOf(thrown.getMessage());
    if (message.contains("not enough memory") || message.contains("out of memory")) {
      return new DureException(
          ErrorCode.MEMORY_SHORT,
          "libtorch got no memory: %s".formatted(message.lines().findFirst().orElse("")),
          thrown);
    }
    return thrown;
  }

  private static String platform() {
    return "%s-%s"
        .formatted(
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT),
            System.getProperty("os.arch", ""));
  }

  private static DureException unavailable(String message, @Nullable Throwable cause) {
    return new DureException(ErrorCode.NATIVE_UNAVAILABLE, message, cause);
  }
}
