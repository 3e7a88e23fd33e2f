package org.dure.netem;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The few calls of Linux that the lab needs and Java has no door to, through the foreign-function
/// interface: network namespaces, TUN devices, packets.
///
/// An instance belongs to the thread that made it, because it holds that thread's `errno`; it must
/// be a platform thread where a namespace is entered. Source: setns(2), ioctl(2), ppoll(2), and the
/// kernel's Documentation/networking/tuntap.rst.
final class LinuxCalls implements AutoCloseable {
  /// Nothing to read now, or the call was interrupted: not an error.
  static final int AGAIN = -11;

  private static final int READ_ONLY = 0;
  private static final int READ_WRITE = 2;
  private static final int NON_BLOCKING = 0x800;
  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int NETWORK_NAMESPACE = 0x40000000;
  private static final long SET_INTERFACE = 0x400454caL;

  /// IFF_TUN and IFF_NO_PI: bare IP packets.
  private static final short BARE_PACKETS = 0x1001;

  private static final int INTERFACE_NAME_BYTES = 16;
  private static final int INTERFACE_REQUEST_BYTES = 40;
  private static final int POLL_BYTES = 8;
  private static final short POLL_IN = 1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_OF =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

  private static final MethodHandle OPEN =
      handle(
          "open",
          FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle SETNS = handle("setns", FunctionDescriptor.of(INT, INT, INT));
  private static final MethodHandle IOCTL =
      handle(
          "ioctl",
          FunctionDescriptor.of(INT, INT, LONG, ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle READ =
      handle("read", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
  private static final MethodHandle WRITE =
      handle("write", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
  private static final MethodHandle PPOLL =
      handle(
          "ppoll",
          FunctionDescriptor.of(
              INT, ValueLayout.ADDRESS, LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  private static final MethodHandle SET_PRIORITY =
      handle("setpriority", FunctionDescriptor.of(INT, INT, INT, INT));

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = arena.allocate(STATE);
  private final MemorySegment time = arena.allocate(16, 8);

  private static MethodHandle handle(
      String name, FunctionDescriptor type, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = ERRNO;
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
  }

  /// Moves the present thread into the network namespace behind a path such as
  /// `/run/netns/NAME`; sockets that it opens from then on belong there.
  void enter(String path) {
    int descriptor = open(path, READ_ONLY | CLOSE_ON_EXEC);
    try {
      int result = (int) SETNS.invokeExact(state, descriptor, NETWORK_NAMESPACE);
      check(result, "enter the network namespace " + path);
    } catch (DureException e) {
      throw e;
    } catch (Throwable e) {
      throw defect(e);
    } finally {
      close(descriptor);
    }
  }

  /// Opens a TUN device, which carries bare IP packets, in the thread's present namespace. It
  /// exists until the descriptor is closed.
  ///
  /// @param name of the interface, at most 15 letters
  /// @return a descriptor for [#read] and [#write]
  int openTun(String name) {
    int descriptor = open("/dev/net/tun", READ_WRITE | NON_BLOCKING | CLOSE_ON_EXEC);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment request = call.allocate(INTERFACE_REQUEST_BYTES, 8);
      request.setString(0, name);
      request.set(SHORT, INTERFACE_NAME_BYTES, BARE_PACKETS);
      int result = (int) IOCTL.invokeExact(state, descriptor, SET_INTERFACE, request);
      check(result, "make the TUN device " + name);
      return descriptor;
    } catch (DureException e) {
      close(descriptor);
      throw e;
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  private int open(String path, int flags) {
    try (Arena call = Arena.ofConfined()) {
      int result = (int) OPEN.invokeExact(state, call.allocateFrom(path), flags);
      return check(result, "open " + path);
    } catch (DureException e) {
      throw e;
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  /// One packet.
  ///
  /// @return its bytes, or minus the error number, [#AGAIN] where there is none now
  long read(int descriptor, MemorySegment into) {
    try {
      long count = (long) READ.invokeExact(state, descriptor, into, into.byteSize());
      return count < 0 ? -errno() : count;
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  /// One packet of `length` bytes.
  ///
  /// @return what was written, or minus the error number
  long write(int descriptor, MemorySegment from, long length) {
    try {
      long count = (long) WRITE.invokeExact(state, descriptor, from, length);
      return count < 0 ? -errno() : count;
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  /// What [#await] waits for: any of these descriptors.
  MemorySegment waitingFor(int... descriptors) {
    MemorySegment polls = arena.allocate((long) POLL_BYTES * descriptors.length, 8);
    for (int i = 0; i < descriptors.length; i++) {
      polls.set(INT, (long) POLL_BYTES * i, descriptors[i]);
      polls.set(SHORT, (long) POLL_BYTES * i + 4, POLL_IN);
    }
    return polls;
  }

  /// Returns when a packet can be read, or after `nanos`.
  void await(MemorySegment polls, long nanos) {
    time.set(LONG, 0, nanos / 1_000_000_000);
    time.set(LONG, 8, nanos % 1_000_000_000);
    try {
      int unused =
          (int)
              PPOLL.invokeExact(
                  state, polls, polls.byteSize() / POLL_BYTES, time, MemorySegment.NULL);
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  /// Lets the present thread run before others (nice(2) value, down to -20); without the right to
  /// do so, nothing happens.
  void niceness(int value) {
    try {
      int unused = (int) SET_PRIORITY.invokeExact(state, 0, 0, value);
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  void close(int descriptor) {
    try {
      int unused = (int) CLOSE.invokeExact(state, descriptor);
    } catch (Throwable e) {
      throw defect(e);
    }
  }

  private int errno() {
    return (int) ERRNO_OF.get(state, 0L);
  }

  private int check(int result, String action) {
    if (result < 0) {
      throw new DureException(
          ErrorCode.LAB_UNAVAILABLE,
          "cannot %s: the kernel answers with error %d".formatted(action, errno()));
    }
    return result;
  }

  private static IllegalStateException defect(Throwable e) {
    return new IllegalStateException("a call of the kernel failed", e);
  }

  @Override
  public void close() {
    arena.close();
  }
}
