using System.Text;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class BpeVocabularyTests
{
    [Fact]
    public void Writing_and_reading_gives_the_same_files()
    {
        TokenizerFiles.InCopy(folder =>
        {
            BpeVocabulary vocabulary = BpeVocabulary.Read(TokenizerFiles.Golden);
            vocabulary.Write(folder);
            BpeVocabulary again = BpeVocabulary.Read(folder);
            Assert.Equal(vocabulary.Tokens, again.Tokens);
            Assert.Equal(vocabulary.Merges, again.Merges);
            Assert.Equal(File.ReadAllText(Path.Combine(TokenizerFiles.Golden, "merges.txt")),
                File.ReadAllText(Path.Combine(folder, "merges.txt")));
        });
    }

    [Theory]
    [InlineData(false, "</w>", null)]
    [InlineData(true, "</w>", null)]
    [InlineData(true, "", "expected a CLIP tokenizer: byte pair encoding with the ending </w>")]
    public void A_tokenizer_json_alone_holds_both(bool pairs, string ending, string? refused)
    {
        BpeVocabulary vocabulary = BpeVocabulary.Read(TokenizerFiles.Golden);
        using var folder = new Testing.TemporaryFolder();
        var ids = new JsonObject(vocabulary.Tokens.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id)));
        var merges = new JsonArray(
            [.. vocabulary.Merges.Select(merge => pairs
                ? new JsonArray(merge.Left, merge.Right)
                : (JsonNode)$"{merge.Left} {merge.Right}")]);
        File.WriteAllText(folder["tokenizer.json"],
            new JsonObject
            {
                ["model"] = new JsonObject
                {
                    ["type"] = "BPE",
                    ["end_of_word_suffix"] = ending,
                    ["vocab"] = ids,
                    ["merges"] = merges
                }
            }.ToJsonString());
        var failure = Record.Exception(() =>
        {
            BpeVocabulary read = BpeVocabulary.Read(folder.Path);
            Assert.Equal(vocabulary.Tokens, read.Tokens);
            Assert.Equal(vocabulary.Merges, read.Merges);
        });
        if (refused is null) Assert.Null(failure);
        else Assert.Contains(refused, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void A_missing_file_is_named(string name) => Refused(folder => File.Delete(Path.Combine(folder, name)), name, "missing");

    [Fact]
    public void A_folder_that_is_not_there_is_an_input_error() =>
        Assert.Throws<InputException>(() => ClipTokenizer.Load(Path.Combine(Path.GetTempPath(), "no-such-folder-of-csaligner")));

    [Fact]
    public void Json_cut_short_is_refused() => Refused(
        folder => File.WriteAllText(Path.Combine(folder, "vocab.json"), File.ReadAllText(Path.Combine(folder, "vocab.json"))[..500]),
        "vocab.json", "JSON");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("{\"a\": \"0\"}")]
    [InlineData("{\"a\": 1.5}")]
    [InlineData("{\"a\": -1}")]
    [InlineData("{\"a\": 99999999999999999999}")]
    [InlineData("{\"a\": {}}")]
    [InlineData("{\"a\": 0, \"a\": 1}")]
    [InlineData("{\"\\ud800\": 0}")]
    public void Json_of_another_form_is_refused(string json) =>
        Refused(folder => File.WriteAllText(Path.Combine(folder, "vocab.json"), json), "vocab.json");

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Refused(folder => File.WriteAllBytes(Path.Combine(folder, "vocab.json"), [.. "{\""u8, 0xFF, .. "\": 0}"u8]), "vocab.json");
        Refused(folder => File.WriteAllBytes(Path.Combine(folder, "merges.txt"), [.. "#version: 0.2\n"u8, 0xFF, 0x0A]),
            "merges.txt", "UTF-8");
    }

    [Fact]
    public void An_id_used_twice_is_refused() => Refused(ChangeVocabulary(json => json["b"] = 64), "vocab.json", "share the id 64");

    [Fact]
    public void A_hole_in_the_ids_is_refused() => Refused(ChangeVocabulary(json => json["b"] = 10_000), "vocab.json", "all ids from 0");

    [Fact]
    public void A_missing_byte_is_refused() => Refused(
        ChangeVocabulary(json =>
        {
            json["surprise"] = (int)json["b"]!;
            json.Remove("b");
        }),
        "vocab.json",
        "byte 0x62");

    [Fact]
    public void A_missing_end_token_is_refused() => Refused(
        ChangeVocabulary(json => json.Remove("<|endoftext|>")), "vocab.json", "<|endoftext|>");

    [Theory]
    [InlineData("zz yy", "zz")]
    [InlineData("z y", "zy")]
    [InlineData("z", "two tokens")]
    [InlineData("z y x", "two tokens")]
    [InlineData(" z", "two tokens")]
    [InlineData("z ", "two tokens")]
    public void A_bad_merge_is_refused_with_its_line(string line, string words) =>
        Refused(folder => File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\na r\n" + line + "\n"), "line 3", words);

    [Fact]
    public void A_repeated_merge_is_refused() =>
        Refused(folder => File.AppendAllText(Path.Combine(folder, "merges.txt"), File.ReadAllLines(Path.Combine(folder, "merges.txt"))[1]),
            "repeats");

    [Fact]
    public void A_line_or_a_file_of_50_megabytes_is_refused()
    {
        Refused(folder => File.WriteAllText(Path.Combine(folder, "merges.txt"), new string('a', 5_000_000)), "line 1", "5000000");
        Refused(folder => File.WriteAllText(Path.Combine(folder, "merges.txt"), new string('a', 50_000_000)), "merges.txt",
            "50000000 bytes");
        Refused(folder => File.WriteAllText(Path.Combine(folder, "vocab.json"), "{\"" + new string('a', 20_000_000) + "\": 0}"),
            "vocab.json");
    }

    [Fact]
    public void Windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end_are_read()
    {
        TokenizerFiles.InCopy(folder =>
        {
            string merges = Path.Combine(folder, "merges.txt");
            File.WriteAllText(merges, File.ReadAllText(merges).TrimEnd().ReplaceLineEndings("\r\n"), new UTF8Encoding(true));
            string vocabulary = Path.Combine(folder, "vocab.json");
            File.WriteAllText(vocabulary, File.ReadAllText(vocabulary), new UTF8Encoding(true));
            Assert.Equal(BpeVocabulary.Read(TokenizerFiles.Golden).Merges, BpeVocabulary.Read(folder).Merges);
        });
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_an_input_error()
    {
        TokenizerFiles.InCopy(folder =>
        {
            BpeVocabulary vocabulary = BpeVocabulary.Read(folder);
            Assert.Throws<InputException>(() => vocabulary.Write(Path.Combine(folder, "vocab.json")));
        });
    }

    private static Action<string> ChangeVocabulary(Action<JsonObject> change) => folder =>
    {
        string file = Path.Combine(folder, "vocab.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    };

    private static void Refused(Action<string> damage, params string[] words)
    {
        TokenizerFiles.InCopy(folder =>
        {
            damage(folder);
            InputException problem = Assert.Throws<InputException>(() => BpeVocabulary.Read(folder));
            Assert.DoesNotContain('\n', problem.Message);
            Assert.InRange(problem.Message.Length, 30, 600);
            Assert.All(words, word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
        });
    }
}
