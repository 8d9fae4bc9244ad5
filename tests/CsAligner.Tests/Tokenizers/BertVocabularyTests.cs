using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

/// <summary>BERT's vocab.txt with and without its settings; a vocabulary that is none, and settings that are not known,
/// are refused.</summary>
public sealed class BertVocabularyTests
{
    // 0 to 4 the marks, then pieces.
    private static readonly string[] Tokens =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "uber", "Über", "##haupt", "a", "!", "über", "東", "京", "東京", "A"];

    [Fact]
    public void Without_settings_it_is_read_as_an_uncased_model_does()
    {
        // The ids are those of BERT's own rules, by hand: lower case, accents off, ideographs and marks of punctuation apart.
        Assert.Equal([2, 5, 7, 9, 3], Ids("Überhaupt!"));
        Assert.Equal([2, 11, 12, 8, 3], Ids("東京A"));
        Assert.Equal([2, 1, 8, 3], Ids("unknown a"));
        Assert.Equal([2, 4, 8, 3], Ids("[MASK]a"));
        Assert.Equal([2, 3], Ids(""));
    }

    [Fact]
    public void Settings_beside_it_count()
    {
        Assert.Equal([2, 6, 7, 3], Ids("Überhaupt", """{"tokenizer_class": "BertTokenizerFast", "do_lower_case": false}"""));
        Assert.Equal([2, 10, 7, 3], Ids("Überhaupt", """{"do_lower_case": true, "strip_accents": false}"""));
        Assert.Equal([2, 13, 3], Ids("東京", """{"tokenize_chinese_chars": false}"""));
        Assert.Equal([8, 5, 9], Ids("uber", """{"cls_token": "a", "sep_token": {"content": "!"}, "never_split": []}"""));
        using var folder = Folder(Tokens, """{"model_max_length": 7, "padding_side": "left", "pad_token": "[MASK]"}""");
        var tokenizer = TokenizerFolder.Load(folder.Path);
        Assert.Equal((7, 4, Tokens.Length), (tokenizer.ContextLength, tokenizer.PaddingId, tokenizer.VocabularySize));
        Assert.Equal([4, 4, 2, 8, 3], tokenizer.EncodeBatch(["a"], 5).Row(0).ToArray());
        Assert.Equal(2, tokenizer.SpecialTokens["[CLS]"]);
    }

    [Fact]
    public void Line_ends_of_Windows_a_mark_at_the_start_and_doubled_lines_do_no_harm()
    {
        using var folder = Folder(Tokens);
        File.WriteAllText(folder["vocab.txt"], "\uFEFF" + string.Join("\r\n", Tokens) + "\r\na\r\n");
        var tokenizer = TokenizerFolder.Load(folder.Path);

        // The later line counts, as in transformers.
        Assert.Equal([2, 15, 3], tokenizer.Encode("a"));
        Assert.Equal([2, 5, 7, 3], HuggingFaceTokenizer.Load(folder["vocab.txt"]).Encode("überhaupt"));
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "BertJapaneseTokenizer"}""",
        "tokenizer_class of a vocab.txt 'BertJapaneseTokenizer' is not supported")]
    [InlineData("""{"do_basic_tokenize": false}""", "do_basic_tokenize 'false' is not supported")]
    [InlineData("""{"never_split": ["a"]}""", "'never_split' is not supported")]
    [InlineData("""{"do_lower_case": 1}""", "expected true or false")]
    [InlineData("""{"unk_token": "[unk]"}""", "has no token '[unk]', so it is no vocabulary of BERT's kind")]
    [InlineData("""{""", "not valid JSON")]
    [InlineData("[]", "expected an object")]
    public void Settings_that_are_not_known_are_refused(string settings, string expected)
    {
        using var folder = Folder(Tokens, settings);
        Assert.Contains(expected, Assert.Throws<InputException>(() => TokenizerFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_vocabulary_is_refused()
    {
        using var folder = Folder(["a photo of a cat", "two dogs"]);
        Fails("has no token '[UNK]'");
        File.WriteAllBytes(folder["vocab.txt"], [.. "[UNK]\n"u8, 0xFF, 0xFE]);
        Fails("is not UTF-8 text");
        File.WriteAllText(folder["vocab.txt"], new string('x', 5000));
        Fails("too many or too long lines");
        File.WriteAllText(folder["vocab.txt"], "");
        Fails("has no token '[UNK]'");

        void Fails(string expected) => Assert.Contains(expected,
            Assert.Throws<InputException>(() => TokenizerFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static int[] Ids(string text, string? settings = null)
    {
        using var folder = Folder(Tokens, settings);
        return TokenizerFolder.Load(folder.Path).Encode(text);
    }

    private static TemporaryFolder Folder(string[] tokens, string? settings = null)
    {
        var folder = new TemporaryFolder();
        File.WriteAllLines(folder["vocab.txt"], tokens);
        if (settings is not null) File.WriteAllText(folder["tokenizer_config.json"], settings);
        return folder;
    }
}
