package org.dure.netem;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.Failures;

/// A network namespace of Linux: a host of its own on this machine, as far as the network goes.
///
/// Names hold the process that made them, so that [#sweep] finds those of dead ones. Thread-safe.
public final class Namespace implements Host, AutoCloseable {
  private static final Path FOLDER = Path.of("/run/netns");
  private static final Path TUN = Path.of("/dev/net/tun");
  private static final Pattern NAME = Pattern.compile("dure-([0-9]+)-[a-z0-9-]+");

  private final String name;

  private Namespace(String name) {
    this.name = name;
  }

  /// What this machine lacks to have any; empty if nothing.
  public static List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (!"root".equals(System.getProperty("user.name"))) {
      missing.add("root");
    }
    if (!System.getProperty("os.name").equals("Linux")) {
      missing.add("Linux");
      return missing;
    }
    if (!Files.isReadable(TUN) || !Files.isWritable(TUN)) {
      missing.add("the device /dev/net/tun");
    }
    Optional<Path> ip =
        Stream.of("/sbin/ip", "/usr/sbin/ip", "/bin/ip", "/usr/bin/ip")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst();
    if (ip.isEmpty()) {
      missing.add("the command ip (package iproute2)");
    } else if (missing.isEmpty() && !canMakeOne()) {
      missing.add("the right to make network namespaces");
    }
    return missing;
  }

  private static boolean canMakeOne() {
    try {
      create("trial").close();
      return true;
    } catch (DureException e) {
      return false;
    }
  }

  /// Makes one, with its own loopback.
  ///
  /// @param purpose lower-case letters, digits and hyphens
  static Namespace create(String purpose) {
    Namespace made = new Namespace("dure-%d-%s".formatted(ProcessHandle.current().pid(), purpose));
    var unused = run(List.of("ip", "netns", "add", made.name));
    made.ip("link", "set", "lo", "up");
    return made;
  }

  /// Deletes those that processes left behind which are no more.
  static void sweep() {
    if (!Files.isDirectory(FOLDER)) {
      return;
    }
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = String.valueOf(file.getFileName());
        Matcher matcher = NAME.matcher(name);
        if (matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
          new Namespace(name).close();
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", FOLDER, e);
    }
  }

  public String name() {
    return name;
  }

  /// The path by which [LinuxCalls#enter] finds it.
  String path() {
    return FOLDER.resolve(name).toString();
  }

  @Override
  public List<String> command(List<String> command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(command);
    return all;
  }

  /// Runs `ip ARGUMENTS` inside.
  ///
  /// @return what it printed
  /// @throws DureException with [ErrorCode#LAB_UNAVAILABLE] and what it said if it failed
  String ip(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", name));
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  /// Does `task` on a thread of its own inside: sockets that it opens itself belong here.
  @Override
  public <T> T call(Callable<T> task) throws InterruptedException {
    FutureTask<T> future = start(task);
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw Failures.of(e);
    }
  }

  /// As [#call], without waiting for the end.
  <T> FutureTask<T> start(Callable<T> task) {
    FutureTask<T> future =
        new FutureTask<>(
            () -> {
              try (LinuxCalls kernel = new LinuxCalls()) {
                kernel.enter(path());
              }
              return task.call();
            });
    BackgroundTask.threads("in " + name).newThread(future).start();
    return future;
  }

  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int status = process.waitFor();
      if (status != 0) {
        throw new DureException(
            ErrorCode.LAB_UNAVAILABLE,
            "%s ended with status %d: %s".formatted(String.join(" ", command), status, output));
      }
      return output;
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.LAB_UNAVAILABLE, "cannot run %s".formatted(command.getFirst()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  /// Deletes it; nothing happens if it is gone.
  @Override
  public void close() {
    if (Files.exists(Path.of(path()))) {
      var unused = run(List.of("ip", "netns", "del", name));
    }
  }
}
