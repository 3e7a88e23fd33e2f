package org.dure.app.release;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.LanguageProfile;
import org.dure.core.ModelConfig;
import org.dure.core.Version;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// The README.md of a release: what the model is, what it was made from, how it scored, how to
/// check it. Opens in the model's own language.
///
/// @param name of the release
/// @param languages codes; the first one's language opens the card
/// @param config shape of the model
/// @param licences documents of the training text by licence
/// @param scores by name, as the region published them; empty where there are none
/// @param study null for a model that one region trained alone
public record ModelCard(
    String name,
    List<String> languages,
    ModelConfig config,
    Map<String, Long> licences,
    Map<String, Map<String, Double>> scores,
    @Nullable Study study) {
  private static final Map<String, String> OPENING =
      Map.of(
          "ko",
          "이 모델은 여러 나라의 기관이 글을 서로 넘겨주지 않고 두레로 함께, 처음부터 학습한 언어 모델입니다."
              + " 아주 작은 시험용 모델이므로 글을 이어 쓸 뿐, 사실을 답하지 않습니다.",
          "ja",
          "このモデルは、各国の機関がテキストを互いに渡すことなく、Dure で共同してゼロから学習した言語モデルです。"
              + "ごく小さな試験用モデルで、文章を続けるだけであり、事実を答えるものではありません。",
          "fr",
          "Ce modèle de langue a été entraîné à partir de zéro avec Dure par des institutions de"
              + " plusieurs pays, sans qu'aucune ne cède ses textes. C'est un très petit modèle"
              + " d'essai : il prolonge un texte, il ne répond pas à des questions.",
          "vi",
          "Mô hình ngôn ngữ này được các tổ chức ở nhiều nước cùng nhau huấn luyện từ đầu bằng Dure"
              + " mà không bên nào phải giao văn bản của mình. Đây là mô hình thử nghiệm rất nhỏ:"
              + " nó chỉ viết tiếp văn bản, không trả lời câu hỏi.",
          "en",
          "This language model was trained from scratch with Dure by institutions in several"
              + " countries together, none of which handed over its text. It is a very small trial"
              + " model: it continues text and does not answer questions.");

  /// The card as Markdown with the front matter that model hubs read.
  public String markdown() {
    StringBuilder card = new StringBuilder("---\nlanguage:\n");
    languages.forEach(language -> card.append("- ").append(language).append('\n'));
    card.append("library_name: transformers\npipeline_tag: text-generation\ntags:\n- dure\n---\n");
    card.append("# ").append(name).append("\n\n");
    for (String language : languages) {
      String opening = OPENING.get(language);
      if (opening != null) {
        card.append(opening).append("\n\n");
      }
    }
    if (!languages.contains("en")) {
      card.append(OPENING.get("en")).append("\n\n");
    }
    model(card);
    data(card);
    evaluation(card);
    check(card);
    return card.toString();
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
    card.append(
        """
        It was given no instruction tuning and no safety training: do not put it before people who expect
        either.

        """);
  }

  private void data(StringBuilder card) {
    card.append("## Text\n");
    if (study != null) {
      card.append(
          "Study `%s` (digest `%s`), %d rounds of at most %d local steps, sharing `%s`. Regions: %s.%n"
              .formatted(
                  study.name(),
                  study.digest(),
                  study.schedule().rounds(),
                  study.schedule().steps(),
                  study.sharing().word(),
                  String.join(", ", study.regions().stream().map(Study.Region::name).toList())));
    }
    new TreeMap<>(licences)
        .forEach(
            (licence, documents) ->
                card.append(
                    String.format(Locale.ROOT, "- %,d documents under %s%n", documents, licence)));
    card.append('\n');
  }

  private void evaluation(StringBuilder card) {
    if (scores.isEmpty()) {
      return;
    }
    card.append("## Held-out text\nBits per byte, lower is better; the local twin had the same");
    card.append(" start, steps and batches, without the belt.\n\n");
    card.append("| language | start | this model | local twin |\n|---|---|---|---|\n");
    scores.forEach(
        (language, values) ->
            card.append(
                "| %s | %s | %s | %s |%n"
                    .formatted(
                        LanguageProfile.englishName(language),
                        number(values.get("start")),
                        number(values.get("end")),
                        number(values.get("twin")))));
    card.append("\nIntervals are in `evaluation.json`.\n\n");
  }

  private static String number(@Nullable Double value) {
    return value == null ? "not measured" : String.format(Locale.ROOT, "%.3f", value);
  }

  private void check(StringBuilder card) {
    card.append(
        """
        ## Check it
        `dure verify DIR --key FILE`, with the signer's public key from the signer, works offline: every file is
        listed in `manifest.cose` (COSE_Sign1, Ed25519). `ledger/` holds the study's log: what each region
        contributed, signed by it. Made with Dure %s.
        """
            .formatted(Version.TEXT));
  }
}
