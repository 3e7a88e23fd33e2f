package org.dure.core.runtime;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.dure.core.Printable;

/// Says how far a piece of work is: one redrawn line on a terminal, one plain line every ten
/// seconds otherwise. What it says never goes back and never beyond the total: work that is lost
/// and done again counts once. Thread-safe.
public final class Progress implements AutoCloseable {
  private static final long PLAIN_INTERVAL = 10_000_000_000L;
  private static final int MOST_REMARK = 80;
  private static final long TERMINAL_INTERVAL = 100_000_000L;

  private static volatile boolean silent;

  private final String what;
  private final String unit;
  private final long total;
  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanos;
  private final long started;
  private long shown;
  private long done;
  private int width;

  /// @param what e.g. `ko: training`
  /// @param unit e.g. `steps`
  /// @param total 0 where unknown
  public Progress(String what, String unit, long total) {
    this(
        what,
        unit,
        total,
        silent ? new PrintStream(OutputStream.nullOutputStream()) : System.err,
        System.console() != null && System.console().isTerminal(),
        System::nanoTime);
  }

  Progress(
      String what, String unit, long total, PrintStream out, boolean terminal, LongSupplier nanos) {
    this.what = what;
    this.unit = unit;
    this.total = total;
    this.out = out;
    this.terminal = terminal;
    this.nanos = nanos;
    this.started = nanos.getAsLong();
    this.shown = started;
  }

  /// From now on nothing that begins in this process shows its progress.
  public static void silence() {
    silent = true;
  }

  /// Says, on standard error, what is worth a line of its own between two pieces of work.
  public static void message(String line) {
    if (!silent) {
      System.err.println(Printable.lines(line));
    }
  }

  /// Sets how much is done, with a remark that is shown behind it.
  ///
  /// @param nowDone less than before, e.g. of a part that was started again, changes nothing
  public synchronized void update(long nowDone, String remark) {
    done = Math.max(done, total > 0 ? Math.min(nowDone, total) : nowDone);
    long now = nanos.getAsLong();
    if (now - shown >= (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) {
      shown = now;
      show(line(now, remark), false);
    }
  }

  /// Ends the line; says how long it took.
  @Override
  public synchronized void close() {
    double seconds = (nanos.getAsLong() - started) / 1e9;
    if (terminal || seconds >= 1) {
      show(
          String.format(Locale.ROOT, "%s: %,d %s in %s", what, done, unit, duration(seconds)),
          true);
    }
  }

  private String line(long now, String remark) {
    double seconds = (now - started) / 1e9;
    double rate = done / seconds;
    StringBuilder text = new StringBuilder(what).append(": ");
    if (total > 0) {
      text.append(
          String.format(
              Locale.ROOT, "%,d of %,d %s (%d %%)", done, total, unit, done * 100 / total));
    } else {
      text.append(String.format(Locale.ROOT, "%,d %s", done, unit));
    }
    text.append(String.format(Locale.ROOT, rate < 10 ? ", %.1f/s" : ", %,.0f/s", rate));
    if (total > 0 && done > 0) {
      text.append(", ").append(duration((total - done) / rate)).append(" left");
    }
    return remark.isEmpty()
        ? text.toString()
        : text.append(", ").append(Printable.line(remark, MOST_REMARK)).toString();
  }

  private void show(String text, boolean last) {
    if (terminal) {
      String padding = " ".repeat(Math.max(0, width - text.length()));
      width = text.length();
      out.print("\r" + text + padding + (last ? "\n" : ""));
      out.flush();
    } else {
      out.println(text);
    }
  }

  /// Seconds as people say them: `41 s`, `3 min 05 s`, `2 h 10 min`.
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }
    return String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
  }
}
