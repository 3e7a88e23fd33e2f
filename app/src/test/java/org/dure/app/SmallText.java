package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Made-up text in several languages, enough to train tiny models on in tests: the same sentences
/// for the same seed.
public final class SmallText {
  private static final Map<String, List<List<String>>> PARTS =
      Map.of(
          "ko",
          List.of(
              List.of("농부가", "학생이", "어머니가", "선생님이", "이웃이", "아이가", "상인이", "의사가"),
              List.of("아침에", "저녁마다", "장터에서", "밭에서", "학교에서", "마을에서", "강가에서", "집에서"),
              List.of("책을", "편지를", "곡식을", "노래를", "그림을", "물고기를", "꽃을", "이야기를"),
              List.of("읽었습니다", "보냈습니다", "나누었습니다", "불렀습니다", "그렸습니다", "찾았습니다", "가져왔습니다")),
          "ja",
          List.of(
              List.of("農夫は", "学生は", "母は", "先生は", "隣の人は", "子供は", "商人は", "医者は"),
              List.of("朝に", "毎晩", "市場で", "畑で", "学校で", "村で", "川のそばで", "家で"),
              List.of("本を", "手紙を", "米を", "歌を", "絵を", "魚を", "花を", "お話を"),
              List.of("読みました", "送りました", "分けました", "歌いました", "描きました", "探しました", "持ってきました")),
          "fr",
          List.of(
              List.of("le paysan", "la mère", "un élève", "le voisin", "une amie", "le marchand"),
              List.of("dans le champ", "à la maison", "sur le marché", "au village", "en ville"),
              List.of("lit", "donne", "cherche", "apporte", "partage", "garde", "regarde", "vend"),
              List.of("un livre", "une lettre", "du blé", "une fleur", "des fruits", "le pain")),
          "vi",
          List.of(
              List.of("người nông dân", "học sinh", "người mẹ", "thầy giáo", "bạn của tôi"),
              List.of("trong làng", "ở ngoài chợ", "trên cánh đồng", "ở trường", "vào buổi sáng"),
              List.of("đã đọc", "đã gửi", "đã chia", "được xem", "đang tìm", "sẽ mang"),
              List.of("một cuốn sách", "các lá thư", "những bông hoa", "một bài hát", "con cá")),
          "es",
          List.of(
              List.of("el campesino", "la madre", "un alumno", "el vecino", "una amiga"),
              List.of("en el campo", "en casa", "en el mercado", "en la aldea", "por la mañana"),
              List.of("lee", "regala", "busca", "trae", "comparte", "guarda", "mira", "vende"),
              List.of("un libro", "una carta", "el trigo", "una flor", "la canción", "el pan")),
          "km",
          List.of(
              List.of("កសិករ", "សិស្ស", "ម្តាយ", "លោកគ្រូ", "អ្នកជិតខាង", "ក្មេង", "ឈ្មួញ"),
              List.of("អាន", "ផ្ញើ", "ចែក", "គូរ", "រក", "យក", "មើល"),
              List.of("សៀវភៅ", "សំបុត្រ", "ស្រូវ", "រូបភាព", "ត្រី", "ផ្កា", "រឿងនិទាន"),
              List.of("នៅពេលព្រឹក", "រាល់ល្ងាច", "នៅផ្សារ", "នៅសាលារៀន", "នៅក្នុងភូមិ", "នៅផ្ទះ")));

  /// Languages that do not separate words, by the sign that ends their sentences.
  private static final Map<String, String> UNSPACED = Map.of("ja", "。", "km", "។ ");

  private SmallText() {}

  /// Writes `paragraphs` different paragraphs of a language into `folder`.
  public static Path write(Path folder, String language, int paragraphs) throws IOException {
    SplittableRandom random = new SplittableRandom(language.hashCode());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < paragraphs; i++) {
      for (int sentence = 0; sentence < 5; sentence++) {
        for (List<String> part : PARTS.get(language)) {
          text.append(part.get(random.nextInt(part.size())));
          text.append(UNSPACED.containsKey(language) ? "" : " ");
        }
        text.append(UNSPACED.getOrDefault(language, ". "));
      }
      text.append("\n\n");
    }
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("text.txt"), text);
    return folder;
  }
}
