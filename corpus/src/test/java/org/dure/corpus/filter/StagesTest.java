package org.dure.corpus.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.SplittableRandom;
import org.dure.core.Document;
import org.dure.core.LanguageProfile;
import org.dure.core.Seeded;
import org.dure.core.Stage;
import org.dure.core.Verdict;
import org.junit.jupiter.api.Test;

class StagesTest {
  private static final Stage NORMALISE = new Normalise();

  private static Document document(String text) {
    return new Document("id", "xx", text, "source", "unknown");
  }

  private static String kept(Stage stage, String text) {
    Verdict verdict = stage.apply(document(text));
    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    return ((Verdict.Keep) verdict).document().text();
  }

  private static Verdict.Drop dropped(Stage stage, String text) {
    Verdict verdict = stage.apply(document(text));
    assertThat(verdict).as(text).isInstanceOf(Verdict.Drop.class);
    return (Verdict.Drop) verdict;
  }

  private static void assertRule(String language, String text, String rule) {
    Stage check = new LanguageCheck(LanguageProfile.of(language));
    assertThat(dropped(check, text).rule()).as(text).isEqualTo(rule);
  }

  private static void assertKept(String language, String text) {
    assertThat(kept(new LanguageCheck(LanguageProfile.of(language)), text)).isEqualTo(text);
  }

  @Test
  void textBecomesComposedAndTidy() {
    String decomposed =
        Normalizer.normalize(
            "  한국어\u00A0\u3000 é\t\r\n\n ế\u00AD\u200B\u0007x\n", Normalizer.Form.NFD);

    assertThat(kept(NORMALISE, decomposed)).isEqualTo("한국어 é\nếx");
  }

  @Test
  void whatStoodBetweenLetterAndMarkDoesNotKeepThemApart() {
    assertThat(kept(NORMALISE, "e\u00AD\u0301")).isEqualTo("é");
  }

  @Test
  void normalisingTwiceChangesNothing() {
    SplittableRandom random = Seeded.random("normalisingTwiceChangesNothing");
    for (int i = 0; i < 300; i++) {
      if (NORMALISE.apply(document(Seeded.text(random, 60))) instanceof Verdict.Keep once) {
        assertThat(NORMALISE.apply(once.document())).isEqualTo(once);
        assertThat(Normalizer.isNormalized(once.document().text(), Normalizer.Form.NFC)).isTrue();
      }
    }
  }

  @Test
  void wronglyDecodedTextIsDropped() {
    assertThat(dropped(NORMALISE, "caf\uFFFD noir").rule()).isEqualTo("text.broken-encoding");
    assertThat(dropped(NORMALISE, "half a \uD83D pair").value()).isEqualTo("U+D83D");
    assertThat(kept(NORMALISE, "a whole \uD83D\uDE00 pair")).contains("\uD83D\uDE00");
  }

  @Test
  void endlessCombiningMarksAreDroppedBeforeTheyCostTime() {
    String hidden = "a" + ("\u0301".repeat(20) + "\u00AD").repeat(3);
    assertThat(dropped(NORMALISE, hidden).rule()).isEqualTo("text.combining-marks");
    String hostile = "a" + "\u0301\u0316".repeat(500_000);

    assertThat(dropped(NORMALISE, hostile).rule()).isEqualTo("text.combining-marks");
    assertThat(kept(NORMALISE, "a" + "\u0301".repeat(30))).isNotEmpty();
  }

  @Test
  void lengthIsCountedInCodePoints() {
    Stage length = new Length(3);

    assertThat(dropped(length, "\uD83D\uDE00\uD83D\uDE00"))
        .isEqualTo(new Verdict.Drop("length.characters", "2", "at least 3"));
    assertThat(kept(length, "셋이다")).isEqualTo("셋이다");
  }

  @Test
  void eachLanguageKeepsItsOwn() {
    assertKept("ko", "선택한 셀의 내용을 지우려면 Delete 키를 누르십시오.");
    assertKept("ja", "選択したセルの内容を削除するには、Deleteキーを押します。");
    assertKept("fr", "Pour supprimer le contenu de la cellule, appuyez sur la touche Suppr.");
    assertKept("vi", "Để xóa nội dung của ô đã chọn, hãy nhấn phím Delete.");
    assertKept("en", "To delete the contents of the selected cell, press the Delete key.");
  }

  @Test
  void foreignScriptsAreDropped() {
    assertRule("ko", "Opens the dialog in which you can save the document.", "language.script");
    assertRule("ko", "選択したセルの内容を削除するには、キーを押します。", "language.required-script");
    assertRule("ko", "漢字文章均無韓文字母", "language.required-script");
    assertRule("ja", "选择单元格的内容并删除它们以后保存文件", "language.required-script");
    assertRule("fr", "선택한 셀의 내용을 지우려면 키를 누르십시오.", "language.script");
    assertRule("ja", "12345 + 67890 = 80235", "language.letters");
  }

  @Test
  void languagesOfOneScriptAreToldApartByTheirWords() {
    String english = "Displays the dialog with which you can change the options of the printer.";
    String french = "Affiche la boîte de dialogue dans laquelle vous pouvez modifier les options.";
    String vietnamese = "Hiển thị hộp thoại để bạn có thể thay đổi các tùy chọn của máy in.";

    assertRule("fr", english, "language.markers");
    assertRule("fr", vietnamese, "language.markers");
    assertRule("vi", english, "language.markers");
    assertRule("vi", french, "language.markers");
    assertRule("en", french, "language.markers");
    assertRule("en", vietnamese, "language.markers");
  }

  @Test
  void decomposedVietnameseCountsAsWell() {
    String text = "Hiển thị hộp thoại để bạn thay đổi các tùy chọn của máy in.";
    String decomposed = Normalizer.normalize(text, Normalizer.Form.NFD);

    Pipeline pipeline = Pipeline.of(LanguageProfile.of("vi"));

    assertThat(kept(pipeline, decomposed)).isEqualTo(text);
  }

  @Test
  void textWithMuchCodeIsNotLost() {
    assertKept("ko", "Dim oDoc As Object 문서 개체를 ThisComponent 변수로 얻습니다.");
    assertKept("ja", "oSheet = ThisComponent.Sheets(0) でシートを取得します。変数に代入されます。");
    assertKept(
        "fr",
        "La fonction DateAdd(Add As String, Count As Long) renvoie une date à laquelle l'intervalle"
            + " est ajouté.");
    assertKept(
        "vi", "Hàm DateAdd (Add As String, Count As Long) trả về một ngày mới được cộng thêm.");
  }

  @Test
  void theFirstRefusalEndsTheWay() {
    Pipeline pipeline = Pipeline.of(LanguageProfile.of("ko"));

    assertThat(dropped(pipeline, "OK").rule()).isEqualTo("length.characters");
  }
}
