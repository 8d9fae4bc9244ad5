using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class UnigramTokenizerTests
{
    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "Golden", "sentence-encoder");

    // Ids 6 to 11; the first six are marks.
    private static readonly UnigramTokenizer s_letters = new(
    [
        ("?", 0), ("<s>", 0), ("</s>", 0), ("x1", 0), ("x2", 0), ("x3", 0), ("\u2581", -4), ("a", -2), ("b", -3), ("ab", -4),
        ("\u2581a", -5), ("cd", -1),
    ]);

    [Fact]
    public void Texts_give_the_ids_of_the_published_JavaScript()
    {
        UnigramTokenizer tokenizer = UnigramTokenizer.Read(Path.Combine(s_golden, "small", "vocab.json"));
        string[] texts = [.. Read(Path.Combine(s_golden, "texts.json")).Select(t => t.GetString()!)];
        int[][] ids =
            [.. Read(Path.Combine(s_golden, "small", "ids.json"))
                .Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
        Assert.Equal((200, 262, 262), (tokenizer.VocabularySize, texts.Length, ids.Length));
        for (int i = 0; i < texts.Length; i++)
            Assert.Equal(ids[i], tokenizer.Encode(texts[i]));
    }

    [Fact]
    public void The_best_sum_of_scores_wins() => Assert.Equal([10, 9], s_letters.Encode("aab"));

    [Fact]
    public void A_place_where_no_piece_ends_counts_as_a_sum_of_0_as_in_the_original()
    {
        // No piece ends between c and d; the unknown d from there costs 0 in all, "cd" costs 5.
        Assert.Equal([6, 0], s_letters.Encode("cd"));
    }

    [Fact]
    public void Of_equal_sums_the_one_whose_last_piece_begins_later_wins() => Assert.Equal([10, 8], s_letters.Encode("ab"));

    [Fact]
    public void Characters_that_no_piece_begins_with_are_one_unknown_to_a_run()
    {
        Assert.Equal([6, 0], s_letters.Encode("zzz\U0001F600\uD800"));
        Assert.Equal([6, 0, 7, 0], s_letters.Encode("zazz"));
    }

    [Fact]
    public void An_empty_text_has_no_ids_and_a_space_has_two_of_them()
    {
        Assert.Empty(s_letters.Encode(""));
        Assert.Equal([6, 6], s_letters.Encode(" "));
    }

    [Fact]
    public void The_marks_are_never_found_in_a_text() =>
        Assert.DoesNotContain(s_letters.Encode("<s></s>x1x2x3"), id => id is >= 1 and <= 5);

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{}", "an array")]
    [InlineData("[]", "an array")]
    [InlineData("[[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"f\",0],\"g\"]", "piece 6")]
    [InlineData("[[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"f\",0],[\"g\",\"1\"]]", "score of piece 6")]
    [InlineData("[[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"f\",0],[\"g\",1e999]]", "score of piece 6")]
    [InlineData("[[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"f\",0],[\"\",1]]", "piece 6")]
    [InlineData("[[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"f\",0],[\"\\ud800\",1]]", "JSON")]
    [InlineData("[[[[[[1]]]]]]", "JSON")]
    public void A_vocabulary_that_is_none_is_refused_by_name(string json, string said)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("vocab.json", System.Text.Encoding.UTF8.GetBytes(json));
        InputException failure = Assert.Throws<InputException>(() => UnigramTokenizer.Read(file));
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_is_missing_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(folder["vocab.json"], Assert.Throws<InputException>(() => UnigramTokenizer.Read(folder["vocab.json"])).Message,
            StringComparison.Ordinal);
    }

    private static List<JsonElement> Read(string file)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. json.RootElement.EnumerateArray().Select(e => e.Clone())];
    }
}
