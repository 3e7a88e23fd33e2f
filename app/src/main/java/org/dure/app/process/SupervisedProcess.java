package org.dure.app.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.runtime.BackgroundTask;
import org.jspecify.annotations.Nullable;

/// A process that is started again when it dies before its time, or was killed on purpose.
///
/// A `dure` process ends by itself when its parent is gone ([#endWithParent]), so a killed demo
/// leaves nothing running. Thread-safe.
public final class SupervisedProcess implements AutoCloseable {
  /// What is run.
  ///
  /// @param name as people call it, e.g. `region ko`
  /// @param environment in addition to ours
  /// @param log gets its output, appended
  public record Program(
      String name, List<String> command, Map<String, String> environment, Path log) {
    public Program {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }

    /// The `dure` command.
    ///
    /// @param arguments without the command itself
    public static Program dure(
        String name, List<String> arguments, Map<String, String> environment, Path log) {
      List<String> command = new ArrayList<>();
      command.add(System.getProperty("dure.command", "dure"));
      command.addAll(arguments);
      return new Program(name, command, environment, log);
    }

    private Process start() {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.environment().put(PARENT, Long.toString(ProcessHandle.current().pid()));
      builder.environment().put("DURE_NO_BUILD", "1");
      builder.redirectErrorStream(true);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      try {
        Path unused = PrivateFiles.createFolders(AtomicFiles.parent(log));
        PrivateFiles.prepare(log);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        return builder.start();
      } catch (IOException e) {
        throw DureException.io("start", Path.of(command.getFirst()), e);
      }
    }

    /// Of a log that may be of any length, and in which anything may have been written.
    private String lastLines() {
      try (FileChannel channel = FileChannel.open(log)) {
        ByteBuffer end = ByteBuffer.allocate((int) Math.min(channel.size(), MOST_LAST_BYTES));
        channel.position(channel.size() - end.capacity());
        while (end.hasRemaining() && channel.read(end) >= 0) {}
        List<String> lines = UTF_8.decode(end.flip()).toString().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
      } catch (IOException e) {
        return "(its log %s cannot be read)".formatted(log);
      }
    }
  }

  public static final String PARENT = "DURE_PARENT";
  private static final long RESTART_DELAY_MILLIS = 1_000;

  /// One that dies this often, each time sooner than this after its start, will not be mended by
  /// another start.
  private static final int MOST_EARLY_DEATHS = 8;

  private static final long EARLY_NANOS = 20_000_000_000L;
  private static final int KILLED = 137;
  private static final int MOST_LAST_BYTES = 16 << 10;

  private final Program program;
  private final Consumer<String> say;
  private final IntPredicate wanted;
  private final BackgroundTask watcher;
  private final List<String> deaths = new ArrayList<>();
  private Process process;
  private long started;
  private int earlyDeaths;
  private int kills;
  private boolean killed;
  private boolean heldDown;
  private boolean closing;
  private boolean over;
  private @Nullable String failure;

  /// Starts it.
  ///
  /// @param say told when it dies and is started again
  public SupervisedProcess(Program program, Consumer<String> say) {
    this(program, say, status -> false);
  }

  /// Starts it.
  ///
  /// @param say told when it dies and is started again
  /// @param wanted with which status its death counts as a [#kill]
  public SupervisedProcess(Program program, Consumer<String> say, IntPredicate wanted) {
    this.program = program;
    this.say = say;
    this.wanted = wanted;
    this.started = System.nanoTime();
    this.process = program.start();
    this.watcher = BackgroundTask.once("watch " + program.name, this::watch, this::lost);
  }

  private void watch() throws InterruptedException {
    while (restart(process().waitFor())) {
      // It has been started once more.
    }
  }

  private void lost(DureException why) {
    end("%s cannot be started again: %s".formatted(program.name, why.getMessage()));
  }

  /// @return whether it runs again
  private synchronized boolean restart(int status) throws InterruptedException {
    if (closing || status == 0) {
      end(null);
      return false;
    }
    if (!killed && wanted.test(status)) {
      kills++;
    } else if (!killed && !awaitRecovery(status)) {
      end("%s ended with status %d:%n%s".formatted(program.name, status, program.lastLines()));
      return false;
    }
    while (heldDown && !closing) {
      wait();
    }
    if (closing) {
      end(null);
      return false;
    }
    long begun = System.nanoTime();
    process = program.start();
    started = begun;
    killed = false;
    notifyAll();
    return true;
  }

  /// A death that nobody wanted. Under the lock.
  ///
  /// @return whether another start may help, after the wait for it
  private boolean awaitRecovery(int status) throws InterruptedException {
    deaths.add(
        "%s ended by itself with status %d:%n%s"
            .formatted(program.name, status, program.lastLines()));
    earlyDeaths = System.nanoTime() - started < EARLY_NANOS ? earlyDeaths + 1 : 0;
    if (isPermanent(status) || earlyDeaths == MOST_EARLY_DEATHS) {
      return false;
    }
    say.accept(
        "%s ended with status %d%s: starting it again (log: %s)"
            .formatted(program.name, status, status == KILLED ? " (killed)" : "", program.log));
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RESTART_DELAY_MILLIS);
    for (long left = RESTART_DELAY_MILLIS; left > 0 && !closing; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
    }
    return true;
  }

  /// Starting again does not mend the user's input or a refusal; a folder in use does get free, and
  /// exhausted memory, like a kill, is a matter of the moment.
  private boolean isPermanent(int status) {
    boolean input =
        status == ErrorCode.Type.USER.exitStatus() && !program.lastLines().contains("HOME_IN_USE");
    return input || status == ErrorCode.Type.REFUSED.exitStatus();
  }

  private synchronized void end(@Nullable String why) {
    failure = why;
    over = true;
    notifyAll();
  }

  private synchronized Process process() {
    return process;
  }

  /// @throws DureException with [ErrorCode#PROCESS_DIED] if it has ended for good with an error
  public synchronized void check() {
    if (failure != null) {
      throw new DureException(ErrorCode.PROCESS_DIED, failure);
    }
  }

  public String name() {
    return program.name;
  }

  /// Of the process that runs now, or ran last.
  public long pid() {
    return process().pid();
  }

  /// `kill -9`; returns when it is dead, and it is started again at once.
  public synchronized void kill() throws InterruptedException {
    kills++;
    killed = true;
    int unused = process.destroyForcibly().waitFor();
  }

  /// `kill -9`; it stays dead until [#up].
  public synchronized void down() throws InterruptedException {
    heldDown = true;
    kill();
  }

  public synchronized void up() {
    heldDown = false;
    notifyAll();
  }

  /// Waits until it has been started again after [#kill].
  ///
  /// @return when, [System#nanoTime]
  public synchronized long awaitRestart() throws InterruptedException {
    while (killed && !over) {
      wait();
    }
    return started;
  }

  /// Whether it has ended for good.
  public synchronized boolean isOver() {
    return over;
  }

  public synchronized int kills() {
    return kills;
  }

  /// Every death that nobody asked for, with the end of the log.
  public synchronized List<String> deaths() {
    return List.copyOf(deaths);
  }

  @Override
  public void close() {
    Process running;
    synchronized (this) {
      closing = true;
      running = process;
      notifyAll();
    }
    running.destroy();
    try {
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        int unused = running.destroyForcibly().waitFor();
      }
      watcher.join();
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
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
