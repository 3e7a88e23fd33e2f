package org.dure.app.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.dure.core.BackgroundTask;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A `dure` process of our own that is started again when it dies before its time.
///
/// A child ends by itself when its parent is gone ([#endWithParent]), so a killed demo leaves
/// nothing running. Thread-safe.
public final class SupervisedProcess implements AutoCloseable {
  public static final String PARENT = "DURE_PARENT";
  private static final long RESTART_DELAY_MILLIS = 1_000;

  /// One that dies this often, each time sooner than this after its start, will not be mended by
  /// another start.
  private static final int MOST_EARLY_DEATHS = 8;

  private static final long EARLY_NANOS = 20_000_000_000L;

  private final String name;
  private final List<String> arguments;
  private final Map<String, String> environment;
  private final Path log;
  private final Consumer<String> say;
  private final BackgroundTask watcher;
  private volatile @Nullable Process process;
  private volatile boolean closing;
  private volatile @Nullable Integer exitStatus;
  private volatile @Nullable DureException lost;

  /// Starts it.
  ///
  /// @param name as people call it, e.g. `region ko`
  /// @param arguments of the `dure` command
  /// @param environment in addition to ours
  /// @param log gets its output, appended
  /// @param say told when it dies and is started again
  public SupervisedProcess(
      String name,
      List<String> arguments,
      Map<String, String> environment,
      Path log,
      Consumer<String> say) {
    this.name = name;
    this.arguments = List.copyOf(arguments);
    this.environment = Map.copyOf(environment);
    this.log = log;
    this.say = say;
    this.process = start();
    this.watcher = BackgroundTask.once("watch " + name, this::watch, e -> lost = e);
  }

  private Process start() {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("dure.command", "dure"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.environment().put(PARENT, Long.toString(ProcessHandle.current().pid()));
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      return builder.start();
    } catch (IOException e) {
      throw DureException.io("start", Path.of(command.get(0)), e);
    }
  }

  private void watch() throws InterruptedException {
    int earlyDeaths = 0;
    while (true) {
      long started = System.nanoTime();
      Process running = process;
      if (running == null) {
        return;
      }
      int status = running.waitFor();
      boolean early = System.nanoTime() - started < EARLY_NANOS;
      earlyDeaths = early ? earlyDeaths + 1 : 0;
      if (closing || status == 0 || isPermanent(status) || earlyDeaths == MOST_EARLY_DEATHS) {
        exitStatus = status;
        return;
      }
      say.accept(
          "%s ended with status %d%s: starting it again (log: %s)"
              .formatted(name, status, status == 137 ? " (killed)" : "", log));
      Thread.sleep(RESTART_DELAY_MILLIS);
      synchronized (this) {
        if (!closing) {
          process = start();
        }
      }
    }
  }

  private boolean isPermanent(int status) {
    return isPermanent(status, this::lastLines);
  }

  /// Whether another start mends nothing: the user's input, or a refusal. A folder in use does get
  /// free, and exhausted memory, like a kill, is a matter of the moment.
  ///
  /// @param said the end of what the process said
  public static boolean isPermanent(int status, Supplier<String> said) {
    boolean input =
        status == ErrorCode.Type.USER.exitStatus() && !said.get().contains("HOME_IN_USE");
    return input || status == ErrorCode.Type.REFUSED.exitStatus();
  }

  /// @throws DureException with [ErrorCode#PROCESS_DIED] if it has ended for good with an error, or
  ///     why it could not be started again
  public void check() {
    DureException failure = lost;
    if (failure != null) {
      throw failure;
    }
    Integer status = exitStatus;
    if (status != null && status != 0) {
      throw new DureException(
          ErrorCode.PROCESS_DIED,
          "%s ended with status %d:%n%s".formatted(name, status, lastLines()));
    }
  }

  /// Whether it has ended with status 0.
  boolean finished() {
    Integer status = exitStatus;
    return status != null && status == 0;
  }

  private String lastLines() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
    } catch (IOException e) {
      return "(its log %s cannot be read)".formatted(log);
    }
  }

  @Override
  public void close() {
    Process running;
    synchronized (this) {
      closing = true;
      running = process;
    }
    if (running != null) {
      running.destroy();
      try {
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
          running.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        running.destroyForcibly();
        Thread.currentThread().interrupt();
      }
      watcher.join();
    }
  }

  /// Called first by every `dure` process: ends this one as soon as the parent that started it as a
  /// child is gone.
  public static void endWithParent() {
    String parent = System.getenv(PARENT);
    if (parent == null) {
      return;
    }
    ProcessHandle handle = ProcessHandle.of(Long.parseLong(parent)).orElse(null);
    if (handle == null) {
      Runtime.getRuntime().halt(ErrorCode.Type.PEER.exitStatus());
    } else {
      var unused =
          handle
              .onExit()
              .thenRun(() -> Runtime.getRuntime().halt(ErrorCode.Type.PEER.exitStatus()));
    }
  }
}
