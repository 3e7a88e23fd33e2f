package org.dure.federation.status;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.Json;
import org.dure.core.Json.Unwrapped;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/// What the hub counts of each region beside the log, so that people see how it does: how it spends
/// its time, how long its rounds take, how fast its bytes move, what was turned away.
///
/// Nothing of it decides anything. It is kept as a note beside the log; what a killed hub had not
/// kept yet is lost, and the time without a hub is counted as nothing. Memory does not grow with
/// rounds. Thread-safe.
public final class RegionStats {
  /// Rounds of which the median and the recent shares are made.
  static final int LAPS = 8;

  /// Bytes and time of transfers count half after so much of it, nanoseconds.
  private static final long RECENT = 60_000_000_000L;

  private static final long SAVE_MILLIS = 2_000;
  private static final long HEARTBEAT_MILLIS = 2_000;
  private static final String NOTE = "tally";

  /// A region's round: from its start to its contribution without absence, and of that the time
  /// that was not waiting, and that fragments were moving.
  record Lap(long millis, long busy, long moving) {}

  /// One region's counts as they are kept.
  private record Kept(
      @Unwrapped KeptTimes times,
      long lastSeen,
      long certificateUntil,
      @Unwrapped KeptTransfers transfers,
      List<Lap> laps,
      Map<String, StudyStatus.Refused> refusals) {}

  private record KeptTimes(long training, long waiting, long moving, long other, long absent) {}

  private record KeptTransfers(long sending, long receiving, long sentAgain) {}

  private record Note(Map<String, Kept> regions) {}

  /// What a region's time is counted as.
  private enum TimeKind {
    TRAINING,
    WAITING,
    MOVING,
    OTHER;

    static TimeKind of(ActivityKind activity) {
      return switch (activity) {
        case NONE, STARTING, WAITING -> WAITING;
        case SENDING, RECEIVING -> MOVING;
        case PREPARING, SAVING, MEASURING, DISK_FULL, SET_BACK, GOING_BACK, BUDGET_SPENT -> OTHER;
        case EVALUATING, EVALUATING_START, EVALUATING_TWIN -> OTHER;
        case TRAINING, TRAINING_TWIN, TRAINING_ON, WORKING -> TRAINING;
      };
    }
  }

  /// Fragments on their way in one direction: how long at least one was, and how many bytes.
  private static final class Flow {
    private int active;
    private long since;
    private long millis;
    private long nanos;
    private double recentNanos;
    private double recentBytes;

    void begin(long now) {
      if (active++ == 0) {
        since = now;
      }
    }

    void end(long now, long bytes) {
      recentBytes += bytes;
      if (--active == 0) {
        long passed = Math.max(0, now - since);
        nanos += passed;
        recentNanos += passed;
        if (recentNanos > RECENT) {
          recentNanos /= 2;
          recentBytes /= 2;
        }
      }
    }

    long millis() {
      return millis + nanos / 1_000_000;
    }

    long rate() {
      return recentNanos < 1_000_000 ? 0 : Math.round(recentBytes * 1e9 / recentNanos);
    }
  }

  private static final class Counts {
    final long[] times = new long[TimeKind.values().length];
    final Deque<Lap> laps = new ArrayDeque<>();
    final TreeMap<String, StudyStatus.Refused> refusals = new TreeMap<>();
    final Flow out = new Flow();
    final Flow in = new Flow();
    TimeKind timeKind = TimeKind.WAITING;
    ActivityKind activity = ActivityKind.NONE;
    long activitySince;
    long absent;
    long sentAgain;
    long lastSeen;
    long leaseUntil;

    /// Until when the time is counted; 0 before the region was first heard.
    long countedTo;

    long certificateUntil;
    String certificate = "";

    /// When the region was taken to begin its round, and its counts then.
    long lapFrom;
    long lapAbsent;
    long lapBusy;
    long lapMoving;

    long time(TimeKind what) {
      return times[what.ordinal()];
    }

    long busy() {
      return time(TimeKind.TRAINING) + time(TimeKind.MOVING) + time(TimeKind.OTHER);
    }

    void advance(long now) {
      if (countedTo > 0 && now > countedTo) {
        long present = Math.clamp(leaseUntil - countedTo, 0, now - countedTo);
        times[timeKind.ordinal()] += present;
        absent += now - countedTo - present;
      }
      countedTo = Math.max(countedTo, now);
    }

    void lap(long now, long opened) {
      long from = Math.max(lapFrom, opened);
      long gone = lapFrom == 0 ? 0 : absent - lapAbsent;
      long present = Math.max(0, now - from - Math.min(gone, now - from));
      long busy = busy() - lapBusy;
      laps.addLast(
          new Lap(
              // One that delivers late may wait before it delivers; its words are so far apart.
              Math.min(present, busy + HEARTBEAT_MILLIS), busy, time(TimeKind.MOVING) - lapMoving));
      if (laps.size() > LAPS) {
        laps.removeFirst();
      }
      begin(now);
    }

    void begin(long now) {
      lapFrom = now;
      lapAbsent = absent;
      lapBusy = busy();
      lapMoving = time(TimeKind.MOVING);
    }
  }

  private final long leaseMillis;
  private final Map<String, Counts> regions = new LinkedHashMap<>();
  private final StrangerCounts strangers = new StrangerCounts();
  private long savedAt;
  private boolean urgent;

  public RegionStats(long leaseMillis) {
    this.leaseMillis = leaseMillis;
  }

  private Counts counts(String region) {
    return regions.computeIfAbsent(region, name -> new Counts());
  }

  /// A message of the region was good.
  ///
  /// @param certificate base64 of the DER; may be empty
  public synchronized void recordMessage(String region, String certificate, long now) {
    Counts counts = counts(region);
    if (counts.countedTo == 0) {
      counts.countedTo = now;
      counts.begin(now);
    }
    counts.advance(now);
    counts.lastSeen = now;
    counts.leaseUntil = now + leaseMillis;
    if (!certificate.equals(counts.certificate)) {
      counts.certificate = certificate;
      counts.certificateUntil = until(certificate);
    }
  }

  private static long until(String certificate) {
    try {
      byte[] der = Base64.getDecoder().decode(certificate);
      return CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der))
              instanceof X509Certificate x509
          ? x509.getNotAfter().getTime()
          : 0;
    } catch (CertificateException | IllegalArgumentException e) {
      return 0;
    }
  }

  /// The region says what it does.
  public synchronized void recordActivity(String region, ActivityKind activity, long now) {
    Counts counts = counts(region);
    counts.advance(now);
    if (activity != counts.activity) {
      counts.activity = activity;
      counts.activitySince = now;
      counts.timeKind = TimeKind.of(activity);
    }
  }

  /// A message of the region was taken into the log.
  public synchronized void recordLogged(String region) {
    counts(region)
        .refusals
        .replaceAll((reason, was) -> new StudyStatus.Refused(was.count(), 0, 0, was.last()));
  }

  /// A contribution of the region was taken.
  ///
  /// @param opened when the round was opened that the region started from
  public synchronized void recordContribution(String region, long opened, long now) {
    Counts counts = counts(region);
    counts.advance(now);
    counts.lap(now, opened);
  }

  /// Something was turned away.
  ///
  /// @param known whether the study has such a region
  public synchronized void recordRefusal(
      String region, boolean known, RejectReason refusal, long now) {
    if (!known) {
      strangers.refused(refusal);
      return;
    }
    counts(region)
        .refusals
        .merge(
            refusal.name(),
            new StudyStatus.Refused(1, 1, now, now),
            (was, one) ->
                new StudyStatus.Refused(
                    was.count() + 1, was.recent() + 1, was.recent() == 0 ? now : was.first(), now));
  }

  /// A fragment is on its way from (`out`) or to the region.
  ///
  /// @param nanos now, of any clock that does not jump
  public synchronized void transferBegun(String region, Direction direction, long nanos) {
    flow(region, direction).begin(nanos);
  }

  /// It has arrived, or broken off after `bytes`.
  public synchronized void transferEnded(
      String region, Direction direction, long bytes, long nanos) {
    flow(region, direction).end(nanos, bytes);
  }

  private Flow flow(String region, Direction direction) {
    Counts counts = counts(region);
    return switch (direction) {
      case OUT -> counts.out;
      case IN -> counts.in;
    };
  }

  /// A region has done its part: its time is counted no further.
  public synchronized void finish(String region, long now) {
    Counts counts = counts(region);
    if (counts.countedTo > 0 && counts.countedTo < Long.MAX_VALUE) {
      counts.advance(now);
      counts.countedTo = Long.MAX_VALUE;
    }
  }

  /// A region that had done its part has more to do: its time counts again.
  public synchronized void goOn(String region, long now) {
    Counts counts = counts(region);
    if (counts.countedTo == Long.MAX_VALUE) {
      counts.countedTo = now;
    }
  }

  public synchronized StudyStatus.Time time(String region, long now) {
    Counts counts = counts(region);
    if (counts.countedTo == 0) {
      return StudyStatus.Time.NONE;
    }
    counts.advance(now);
    long whole = counts.busy() + counts.time(TimeKind.WAITING) + counts.absent;
    long busy = counts.busy() - counts.lapBusy;
    long moving = counts.time(TimeKind.MOVING) - counts.lapMoving;
    for (Lap lap : counts.laps) {
      busy += lap.busy;
      moving += lap.moving;
    }
    return new StudyStatus.Time(
        counts.time(TimeKind.TRAINING),
        counts.time(TimeKind.WAITING),
        counts.time(TimeKind.MOVING),
        counts.time(TimeKind.OTHER),
        counts.absent,
        share(counts.time(TimeKind.TRAINING), whole),
        share(counts.time(TimeKind.WAITING), whole),
        share(moving, busy));
  }

  private static double share(long part, long whole) {
    return whole <= 0 ? 0 : (double) part / whole;
  }

  public synchronized StudyStatus.Link link(String region) {
    Counts counts = counts(region);
    return new StudyStatus.Link(
        counts.out.millis(),
        counts.in.millis(),
        counts.out.rate(),
        counts.in.rate(),
        counts.sentAgain);
  }

  /// Bytes of a fragment came from the region though they had arrived before. Kept at the next
  /// chance, since a hub that is killed often would else forget it.
  public synchronized void sentAgain(String region, long bytes) {
    counts(region).sentAgain += bytes;
    urgent |= bytes > 0;
  }

  /// Median of the region's last rounds, the lower of two; 0 if it has contributed to none.
  public synchronized long lapMillis(String region) {
    return median(counts(region).laps.stream().mapToLong(Lap::millis).toArray());
  }

  /// The lower median; 0 of nothing.
  public static long median(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) / 2];
  }

  /// How long the region has been at the round that it has not contributed to yet.
  ///
  /// @param opened when that round was opened
  public synchronized long openMillis(String region, long opened, long now) {
    Counts counts = counts(region);
    if (counts.countedTo == 0 || now >= counts.leaseUntil) {
      return 0;
    }
    counts.advance(now);
    long from = Math.max(counts.lapFrom, opened);
    return Math.max(0, now - from - (counts.absent - counts.lapAbsent));
  }

  /// 0 if never.
  public synchronized long lastSeen(String region) {
    return counts(region).lastSeen;
  }

  /// Since when the region does the same; 0 if it has said nothing.
  public synchronized long doingSince(String region) {
    return counts(region).activitySince;
  }

  /// When the certificate ends that the region showed last; 0 if unknown.
  public synchronized long certificateUntil(String region) {
    return counts(region).certificateUntil;
  }

  public synchronized Map<String, StudyStatus.Refused> refusals(String region) {
    return new TreeMap<>(counts(region).refusals);
  }

  /// What was turned away of those who are no region.
  public StrangerCounts strangers() {
    return strangers;
  }

  /// Keeps the counts as a note beside the log, every two seconds.
  public void save(RoundStore log, long now) {
    byte[] note;
    synchronized (this) {
      if (Math.abs(now - savedAt) < SAVE_MILLIS && !urgent) {
        return;
      }
      savedAt = now;
      urgent = false;
      TreeMap<String, Kept> kept = new TreeMap<>();
      regions.forEach((region, counts) -> kept.put(region, kept(counts)));
      note = Json.bytes(new Note(kept));
    }
    try {
      log.note(NOTE, note);
    } catch (RuntimeException e) {
      saveSoon();
      throw e;
    }
  }

  private synchronized void saveSoon() {
    urgent = true;
  }

  private static Kept kept(Counts counts) {
    return new Kept(
        new KeptTimes(
            counts.time(TimeKind.TRAINING),
            counts.time(TimeKind.WAITING),
            counts.time(TimeKind.MOVING),
            counts.time(TimeKind.OTHER),
            counts.absent),
        counts.lastSeen,
        counts.certificateUntil,
        new KeptTransfers(counts.out.millis(), counts.in.millis(), counts.sentAgain),
        List.copyOf(counts.laps),
        counts.refusals);
  }

  /// @param now from when on a region that was heard before is counted as absent, unless it comes
  public synchronized void restore(RoundStore log, long now) {
    @Nullable Note note = log.noted(NOTE).map(bytes -> Json.read(bytes, Note.class)).orElse(null);
    if (note == null) {
      return;
    }
    note.regions().forEach((region, kept) -> restore(counts(region), kept, now));
  }

  private void restore(Counts counts, Kept kept, long now) {
    counts.times[TimeKind.TRAINING.ordinal()] = kept.times.training;
    counts.times[TimeKind.WAITING.ordinal()] = kept.times.waiting;
    counts.times[TimeKind.MOVING.ordinal()] = kept.times.moving;
    counts.times[TimeKind.OTHER.ordinal()] = kept.times.other;
    counts.absent = kept.times.absent;
    counts.lastSeen = kept.lastSeen;
    counts.certificateUntil = kept.certificateUntil;
    counts.out.millis = kept.transfers.sending;
    counts.in.millis = kept.transfers.receiving;
    counts.sentAgain = kept.transfers.sentAgain;
    counts.laps.addAll(kept.laps);
    counts.refusals.putAll(kept.refusals);
    if (kept.lastSeen > 0) {
      counts.countedTo = now;
      counts.leaseUntil = now + leaseMillis;
      counts.begin(now);
    }
  }
}
