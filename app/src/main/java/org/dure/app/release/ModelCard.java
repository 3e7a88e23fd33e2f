package org.dure.app.release;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import org.dure.app.audit.LeakReport;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.Version;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.evaluation.Released;
import org.dure.evaluation.ResultSentence;
import org.dure.federation.hub.Ledger;
import org.jspecify.annotations.Nullable;

/// The README.md of a release: what the model is, what it was made from, how it scored, how to
/// check it. Opens in the model's own language.
///
/// Every sentence follows from what is in the release; nothing is said of what is not.
///
/// @param name of the release
/// @param config shape of the model
/// @param digests of its files
/// @param evaluation whose numbers are of these files
/// @param licences kept documents by licence, of the corpora whose held-out text was measured
/// @param ledger that ends with these weights; null where there is none
/// @param leak audit of the study; null where there is none
/// @param audits of these weights; may be empty
record ModelCard(
    String name,
    ModelConfig config,
    ModelDigests digests,
    EvaluationReport evaluation,
    SortedMap<String, Long> licences,
    Ledger.@Nullable Verified ledger,
    @Nullable LeakReport leak,
    Audits audits) {
  private static final String ENGLISH = "en";

  /// For weights that several regions made: `%d` regions.
  private static final Map<String, String> TOGETHER =
      Map.of(
          "ko",
          "이 언어 모델은 %d개 지역이 두레로 함께 학습했습니다. 원장에는 각 지역이 기여한 내용이 있고,"
              + " 텍스트는 없습니다. 글을 이어 쓸 뿐, 질문에 답하지 않습니다.",
          "ja",
          "この言語モデルは、%d の地域が Dure で共同して学習しました。台帳には各地域の寄与だけがあり、"
              + "テキストはありません。文章を続けるだけで、質問に答えるものではありません。",
          "fr",
          "Ce modèle de langue a été entraîné ensemble par %d régions avec Dure. Le registre contient"
              + " ce que chacune a apporté, et aucun texte. Il prolonge un texte ; il ne répond pas à"
              + " des questions.",
          "vi",
          "Mô hình ngôn ngữ này được %d vùng cùng nhau huấn luyện bằng Dure. Sổ cái chỉ có phần đóng góp"
              + " của từng vùng, không có văn bản. Mô hình chỉ viết tiếp văn bản, không trả lời câu hỏi.",
          ENGLISH,
          "This language model was trained with Dure by %d regions together. The ledger holds what each"
              + " contributed, and no text. It continues text and does not answer questions.");

  private static final Map<String, String> ALONE =
      Map.of(
          "ko",
          "두레로 공개한 언어 모델입니다. 여러 지역이 함께 학습했다는 기록은 들어 있지 않습니다." + " 글을 이어 쓸 뿐, 질문에 답하지 않습니다.",
          "ja",
          "Dure で公開した言語モデルです。複数の地域が共同で学習したという記録は含まれていません。" + "文章を続けるだけで、質問に答えるものではありません。",
          "fr",
          "Modèle de langue publié avec Dure. Rien ici ne montre que plusieurs régions l'aient"
              + " entraîné ensemble. Il prolonge un texte ; il ne répond pas à des questions.",
          "vi",
          "Mô hình ngôn ngữ được phát hành bằng Dure. Ở đây không có ghi chép nào cho thấy nhiều vùng"
              + " đã cùng nhau huấn luyện. Nó chỉ viết tiếp văn bản, không trả lời câu hỏi.",
          ENGLISH,
          "A language model released with Dure. Nothing here shows that several regions trained it"
              + " together. It continues text and does not answer questions.");

  /// The card as Markdown with the front matter that model hubs read.
  String markdown() {
    StringBuilder card = new StringBuilder("---\nlanguage:\n");
    languages().forEach(language -> card.append("- ").append(language).append('\n'));
    card.append("library_name: transformers\npipeline_tag: text-generation\ntags:\n- dure\n---\n");
    card.append("# ").append(name).append("\n\n");
    opening(card);
    model(card);
    training(card);
    licences(card);
    evaluation(card);
    leak(card);
    card.append(audits.card());
    check(card);
    return card.toString();
  }

  private List<String> languages() {
    return evaluation.languages().stream().map(Comparison::language).toList();
  }

  /// The model's own languages of those that Dure speaks, and English.
  private List<String> spoken() {
    List<String> spoken = new ArrayList<>(languages());
    spoken.retainAll(TOGETHER.keySet());
    if (!spoken.contains(ENGLISH)) {
      spoken.add(ENGLISH);
    }
    return spoken;
  }

  private void opening(StringBuilder card) {
    boolean together = !Claims.origin(evaluation, digests).equals(Optional.of("twin"));
    int regions = ledger == null || !together ? 0 : ledger.contributions().size();
    Map<String, String> openings = regions > 1 ? TOGETHER : ALONE;
    for (String language : spoken()) {
      String opening = openings.get(language);
      if (opening != null) {
        card.append(opening.formatted(regions)).append("\n\n");
      }
    }
  }

  private void model(StringBuilder card) {
    card.append("## Model\n");
    card.append(
        String.format(
            Locale.ROOT,
            "Decoder-only transformer (loads as `LlamaForCausalLM`): %,d parameters, %d layers of"
                + " width %d, %d heads (%d for keys and values), vocabulary %,d, context %,d"
                + " tokens. Byte-level BPE tokenizer.%n%n",
            config.parameters(),
            config.layers(),
            config.width(),
            config.heads(),
            config.keyValueHeads(),
            config.vocabularySize(),
            config.contextLength()));
    card.append(digests("Weights", digests)).append(".\n\n");
    card.append(
        """
        Dure gives no instruction tuning and no safety training: do not put it before people who expect
        either. With the transformers library, encode users' text with `split_special_tokens=True`:
        otherwise a `<|end|>` that somebody types is read as the end of a document.

        """);
  }

  private static String digests(String what, ModelDigests digests) {
    return "%s `%s`, tokenizer `%s`, config.json `%s` (SHA-256)"
        .formatted(what, digests.weights(), digests.tokenizer(), digests.config());
  }

  private void training(StringBuilder card) {
    if (ledger == null) {
      return;
    }
    card.append("## Training\n");
    card.append(
        "Study `%s` (digest `%s`); merged rounds: %d, each of at most %d local steps."
            .formatted(
                ledger.study().name(),
                ledger.digest(),
                ledger.merges().counted(),
                ledger.study().schedule().steps()));
    card.append(" Contributions: ");
    card.append(
        String.join(
            ", ",
            ledger.contributions().entrySet().stream()
                .map(region -> region.getKey() + " " + region.getValue())
                .toList()));
    card.append(
        Claims.origin(evaluation, digests)
            .map(
                chosen ->
                    ". The ledger ends with the weights of the last merge; these are others, which the"
                        + " institution went on with, as the signer alone says: `%s`."
                            .formatted(chosen))
            .orElseGet(() -> ledgerEnd(ledger.study().sharing())));
    if (ledger.contributions().size() < ledger.study().regions().size()) {
      card.append(
          " Not all regions were merged with all to the end: the last merge is that of the circle `%s`."
              .formatted(String.join("`, `", ledger.weights().keySet())));
    }
    card.append("\n\n");
  }

  private static String ledgerEnd(Sharing sharing) {
    return switch (sharing) {
      case BODY ->
          ". The ledger ends with this model's transformer blocks; embeddings and output layer are"
              + " not in it.";
      case ALL -> ". The ledger ends with this model's weights, all of them.";
    };
  }

  private void licences(StringBuilder card) {
    if (licences.isEmpty()) {
      return;
    }
    card.append("## Text\nIn the corpus whose held-out text was measured there are:\n\n");
    licences.forEach(
        (licence, documents) ->
            card.append(
                String.format(
                    Locale.ROOT, "- %,d documents under %s%n", documents, plain(licence))));
    card.append('\n');
  }

  private static final int MOST_LICENCE = 200;

  /// Licences come with the text: in a card they are words, not Markdown.
  static String plain(String licence) {
    String line = licence.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", " ");
    String shown = line.length() > MOST_LICENCE ? line.substring(0, MOST_LICENCE) + "…" : line;
    return shown.replaceAll("[\\p{Punct}&&[^.,;()/-]]", "\\\\$0");
  }

  private void evaluation(StringBuilder card) {
    card.append("## Held-out text\nBits per byte, lower is better, with 95 % intervals.\n\n");
    if (evaluation.languages().stream().anyMatch(one -> one.difference() != null)) {
      for (String language : spoken()) {
        String few = ResultSentence.tooFew(language, evaluation.rounds());
        card.append(few).append(few.isEmpty() ? "" : "\n\n");
      }
    }
    List<Column> columns = columns();
    card.append("| language | ");
    card.append(String.join(" | ", columns.stream().map(Column::title).toList()));
    card.append(" |\n|---").append("|---".repeat(columns.size())).append("|\n");
    for (Comparison one : evaluation.languages()) {
      card.append("| ").append(englishName(one.language())).append(" | ");
      card.append(
          String.join(" | ", columns.stream().map(column -> column.cell().apply(one)).toList()));
      card.append(" |\n");
    }
    card.append('\n');
    evaluation.languages().forEach(one -> measuredOn(card, one));
    String unchosen = evaluation.conditions().get("released");
    if (unchosen != null) {
      card.append("\nReleased is ").append(unchosen).append(".\n");
    }
    card.append("\nThe numbers are in `evaluation.json`.\n\n");
  }

  private record Column(String title, Function<Comparison, String> cell) {}

  /// Only what was measured on at least one language.
  private List<Column> columns() {
    List<Column> columns = new ArrayList<>();
    if (Claims.origin(evaluation, digests).isPresent()) {
      columns.add(new Column("this model", one -> number(released(one))));
      columns.add(new Column("the last merge", one -> number(one.belt())));
    } else {
      columns.add(new Column("this model", one -> number(one.belt())));
    }
    if (evaluation.languages().stream().anyMatch(one -> one.start() != null)) {
      columns.add(new Column("start", one -> number(one.start())));
    }
    if (evaluation.languages().stream().anyMatch(one -> one.twin() != null)) {
      columns.add(new Column("compared with (twin)", one -> number(one.twin())));
      columns.add(new Column("difference", one -> number(difference(one))));
      columns.add(
          new Column(
              "verdict",
              one ->
                  Comparison.verdict(difference(one), one.pages())
                      .name()
                      .toLowerCase(Locale.ROOT)
                      .replace('_', ' ')));
    }
    columns.add(new Column("measured on", Comparison::extent));
    return columns;
  }

  private static Interval released(Comparison one) {
    Released released = one.released();
    return released == null ? one.belt() : released.value();
  }

  /// Of this model and the twin.
  private @Nullable Interval difference(Comparison one) {
    return Claims.origin(evaluation, digests).isPresent() ? one.outcome() : one.difference();
  }

  private void measuredOn(StringBuilder card, Comparison one) {
    MeasuredOn on = one.measuredOn();
    if (on == null) {
      return;
    }
    card.append("- ").append(englishName(one.language()));
    card.append(
        ": measured on the weights above; held-out text `%s`, language profile `%s`"
            .formatted(on.heldOut(), on.profile()));
    if (on.start() != null) {
      card.append("; ").append(digests("start: weights", on.start()));
    }
    if (on.twin() != null) {
      card.append("; ").append(digests("twin: weights", on.twin()));
    }
    Released released = one.released();
    if (released != null && released.choice() != null) {
      Released.Choice choice = released.choice();
      card.append(
          "; the region goes on with `%s`, chosen on %d documents of other text `%s`"
              .formatted(choice.origin(), choice.documents(), choice.text()));
    }
    card.append(".");
    if (ledger != null) {
      Claims.signer(one, ledger)
          .ifPresent(
              region ->
                  card.append(
                      " Region `%s` signed these numbers in the ledger.".formatted(region)));
    }
    card.append('\n');
  }

  private static String englishName(String language) {
    return Locale.forLanguageTag(language).getDisplayLanguage(Locale.ENGLISH);
  }

  private static String number(@Nullable Interval interval) {
    return interval == null
        ? "not measured"
        : String.format(
            Locale.ROOT, "%.3f (%.3f to %.3f)", interval.value(), interval.low(), interval.high());
  }

  private void leak(StringBuilder card) {
    if (leak == null) {
      return;
    }
    card.append(
        String.format(
            Locale.ROOT,
            """
            ## What marked sentences gave away
            In a copy of the text of region `%s`, %d sentences that no text has were planted, and a model was
            trained on it for %d steps under this study's settings and the site's policy `%s`. Found in what
            would have crossed or been released: %d of them.

            | planted | found in counts | in weights | in a release | written by the model | exposure, of 8 bits |
            |---|---|---|---|---|---|
            """,
            leak.subject().region(),
            leak.canaries(),
            leak.steps(),
            leak.subject().policy(),
            leak.found()));
    for (LeakReport.Group group : leak.groups()) {
      card.append(
          String.format(
              Locale.ROOT,
              "| %d times in %d documents | %d of %d | %d | %d | %d | mean %.1f, highest %.1f |%n",
              group.times(),
              group.documents(),
              group.inCounts(),
              group.canaries(),
              group.inWeights(),
              group.inRelease(),
              group.reproduced(),
              group.exposure(),
              group.highest()));
    }
    card.append(
        "\nThe figures are in `audit.json`; they are of the model that was audited, not of this one."
            + "\n\n");
  }

  private void check(StringBuilder card) {
    card.append(
        """
        ## Check it
        `dure verify DIR --key FILE`, with the signer's public key from the signer, works offline: every file is
        listed in `manifest.cose` (COSE_Sign1, Ed25519), and every number names what it was measured on.
        """);
    if (ledger != null) {
      card.append(
          """
          `ledger/` holds the study's log: what each region contributed, signed by it.
          """);
    }
    card.append("Made with Dure %s.%n".formatted(Version.TEXT));
  }
}
