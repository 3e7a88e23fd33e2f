package org.dure.console;

import java.util.List;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Pace;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Time;
import org.jspecify.annotations.Nullable;

/// The numbers of a region, each with its name and the way it is written. The console's tables and
/// `dure status` show them from here, so that they are the same.
enum RegionNumber {
  STATE("number.state", (view, region) -> view.text("state." + View.standing(region))),
  LEASE("region.lease", RegionNumber::lease),
  ROUND("region.round", RegionNumber::round),
  BEHIND("number.behind", (view, region) -> view.words().number(region.pace().behind())),
  SECONDS("number.seconds", RegionNumber::seconds),
  TRAINS("number.trains", (view, region) -> share(view, region, region.time().utilisation())),
  WAITS("number.waits", (view, region) -> share(view, region, region.time().idle())),
  MOVES("number.moves", (view, region) -> part(view, region, region.time().moving())),
  AWAY("number.away", (view, region) -> part(view, region, region.time().absent())),
  TOKENS("region.tokens", (view, region) -> view.words().number(region.work().weight())),
  LOSS("number.loss", (view, region) -> decimal(view, region.pace().loss(), 4)),
  COSINE("number.cosine", RegionNumber::cosine),
  SHARE("column.share", RegionNumber::shareOfMerge),
  SENT("region.sent", (view, region) -> view.words().bytes(region.work().sent())),
  RECEIVED("region.received", (view, region) -> view.words().bytes(region.work().received())),
  RATE_OUT("number.rateOut", (view, region) -> rate(view, region.link().sendRate())),
  RATE_IN("number.rateIn", (view, region) -> rate(view, region.link().receiveRate())),
  REFUSED("number.refused", (view, region) -> view.words().number(region.standing().refused())),
  CERTIFICATE("number.certificate", RegionNumber::certificate);

  /// Where there is no such number yet.
  static final String NONE = "–";

  /// How a region takes part.
  static final List<RegionNumber> PART =
      List.of(STATE, LEASE, ROUND, BEHIND, SECONDS, TRAINS, WAITS, MOVES, AWAY);

  /// What a region brings.
  static final List<RegionNumber> WORK =
      List.of(TOKENS, LOSS, COSINE, SHARE, SENT, RECEIVED, RATE_OUT, RATE_IN, REFUSED, CERTIFICATE);

  /// What one line of a terminal has room for.
  static final List<RegionNumber> LINE =
      List.of(
          STATE, LEASE, ROUND, BEHIND, SECONDS, TRAINS, WAITS, SENT, RECEIVED, LOSS, COSINE,
          REFUSED);

  /// Writes the number of a region.
  @FunctionalInterface
  private interface Writing {
    String write(View view, Region region);
  }

  private final String key;
  private final Writing writing;

  RegionNumber(String key, Writing writing) {
    this.key = key;
    this.writing = writing;
  }

  /// What it is called in the reader's language.
  String title(View view) {
    return view.text(key);
  }

  /// Its value, [#NONE] where there is none.
  String text(View view, Region region) {
    return writing.write(view, region);
  }

  private static String lease(View view, Region region) {
    long left = region.presence().leaseUntil() - view.status().progress().now();
    if (region.presence().leaseUntil() == 0 || region.presence().state() == RegionState.FINISHED) {
      return NONE;
    }
    return left > 0
        ? view.words().duration(left)
        : view.text("lease.ended", "duration", view.words().duration(-left));
  }

  private static String round(View view, Region region) {
    int round =
        region.presence().state() == RegionState.FINISHED && region.activity().round() == 0
            ? view.status().progress().round()
            : region.activity().round();
    return round == 0 ? NONE : view.words().number(round);
  }

  private static String seconds(View view, Region region) {
    Pace pace = region.pace();
    StudyStatus status = view.status();
    if (pace.millis() == 0) {
      return NONE;
    }
    String span = view.words().span(pace.millis());
    return status.membership().medianMillis() == 0
        ? span
        : view.text(
            "number.times",
            "seconds",
            span,
            "times",
            view.words().decimal((double) pace.millis() / status.membership().medianMillis(), 1));
  }

  private static String share(View view, Region region, double share) {
    return whole(region) == 0 ? NONE : view.words().percent(share);
  }

  private static String part(View view, Region region, long millis) {
    long whole = whole(region);
    return whole == 0 ? NONE : view.words().percent((double) millis / whole);
  }

  private static long whole(Region region) {
    Time time = region.time();
    return time.training() + time.waiting() + time.moving() + time.other() + time.absent();
  }

  private static String decimal(View view, @Nullable Double value, int digits) {
    return value == null ? NONE : view.words().decimal(value, digits);
  }

  private static String cosine(View view, Region region) {
    Double cosine = region.pace().cosine();
    return cosine == null ? NONE : view.words().signed(cosine, 3);
  }

  private static String shareOfMerge(View view, Region region) {
    Double share = region.pace().share();
    return share == null ? NONE : view.words().percent(share);
  }

  private static String rate(View view, long rate) {
    return rate == 0 ? NONE : view.text("number.rate", "bytes", view.words().bytes(rate));
  }

  private static String certificate(View view, Region region) {
    return region.standing().certificateUntil() == 0
        ? NONE
        : view.words().date(region.standing().certificateUntil(), view.zone());
  }
}
