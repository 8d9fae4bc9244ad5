using System.Text;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

/// <summary>Files that are no tokenizer give one line that says what is wrong and where.</summary>
public sealed class HostileTokenizerFileTests
{
    private const string Least = """{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}}""";

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "expected an object, got an array")]
    [InlineData("{}", "model is missing")]
    [InlineData("""{"model":7}""", "model: expected an object, got a number")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"?":1}}}""", "not valid JSON")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":0}}}""", "the id 0 belongs to 'a' and to another token")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":16777216}}}""",
        "'16777216' is not a whole number from 0 to 16777215")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":-1}}}""", "'-1' is not a whole number")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":1.5}}}""", "'1.5' is not a whole number")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":"0"}}}""", "expected a whole number, got a text")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"!","vocab":{"?":0}}}""",
        "unk_token is '!', which the vocabulary does not have")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"\ud800":1}}}""", "not valid JSON")]
    [InlineData("""{"model":{"type":"Morphemes","vocab":{}}}""", "the model 'Morphemes' is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""",
        "model.merges[0]: the vocabulary does not have the token 'b'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "expected two tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a","a"]]}}""", "expected two tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "the option 'dropout' is not supported")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":5,"vocab":[["a",0]]}}""", "unk_id is 5, but there are 1 tokens")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["a"]]}}""", "expected a token and its score")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["a",1e999]]}}""", "is not a finite number")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[]}}""", "expected 1 to 16777216 tokens")]
    [InlineData("""{"of_next_year":1,"model":{}}""", "tokenizer.json: the setting 'of_next_year' is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"sampling":0.1}}""",
        "model: the setting 'sampling' is not supported")]
    [InlineData("""{"normalizer":{"type":"Strip","strip_middle":true},"model":{}}""",
        "normalizer: the setting 'strip_middle' is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"ByteLevel","reverse":true},"model":{}}""",
        "pre_tokenizer: the setting 'reverse' is not supported")]
    [InlineData("""{"normalizer":{"type":"Rot13"},"model":{}}""", "normalizer: the normalizer 'Rot13' is not supported")]
    [InlineData("""{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"X"}]},"model":{}}""",
        "normalizer.normalizers[1]: the normalizer 'X'")]
    [InlineData("""{"normalizer":{"type":"Precompiled","precompiled_charsmap":"!"},"model":{}}""", "expected Base64")]
    [InlineData("""{"normalizer":{"type":"Precompiled","precompiled_charsmap":"////fw=="},"model":{}}""",
        "the tree is longer than the table")]
    [InlineData("""{"normalizer":{"type":"Replace","pattern":{"Regex":"("},"content":""},"model":{}}""", "is not a regular expression")]
    [InlineData("""{"normalizer":{"type":"Replace","pattern":{"Regex":"\\p{Han}"},"content":""},"model":{}}""",
        "the expression '\\p{Han}' is not supported")]
    [InlineData("""{"normalizer":{"type":"Replace","pattern":{"Regex":"[a[b]]"},"content":""},"model":{}}""", "the expression '[b]'")]
    [InlineData("""{"normalizer":{"type":"Replace","pattern":{"Regex":"a++"},"content":""},"model":{}}""", "possessive")]
    [InlineData("""{"normalizer":{"type":"Replace","pattern":{"Regex":"(a)\\1"},"content":""},"model":{}}""", "the expression '\\1'")]
    [InlineData("""{"pre_tokenizer":{"type":"UnicodeScripts"},"model":{}}""", "the pre-tokenizer 'UnicodeScripts' is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"Metaspace","replacement":"ab"},"model":{}}""", "expected one character")]
    [InlineData("""{"pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"often"},"model":{}}""",
        "the prepend_scheme 'often'")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Lost"},"model":{}}""", "the behavior 'Lost'")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Shape":"a"},"behavior":"Removed"},"model":{}}""",
        "pre_tokenizer.pattern: Regex is missing")]
    [InlineData("""{"pre_tokenizer":{"type":"ByteLevel","use_regex":1},"model":{}}""", "expected true or false")]
    public void A_bad_file_gives_one_line_that_names_it(string json, string says) => Refused(Encoding.UTF8.GetBytes(json), says);

    [Theory]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}}],"special_tokens":{}}""",
        "'[CLS]' is not among the special_tokens")]
    [InlineData("""{"type":"TemplateProcessing","single":[],"special_tokens":{}}""", "the text A is missing")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{}}""", "expected the text A, once")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":2}}],"special_tokens":{}}""",
        "the type_id 'other than 0' is not supported")]
    [InlineData("""{"type":"BertProcessing","sep":["b",1],"cls":["c"]}""", "expected a token and its id")]
    [InlineData("""{"type":"BertProcessing","sep":["b",1],"cls":["c",99]}""", "a special token has the id 99, but there are 2 ids")]
    [InlineData("""{"type":"Mystery"}""", "the post-processor 'Mystery' is not supported")]
    public void A_bad_post_processor_is_named(string processor, string says) => Refused(With("post_processor", processor), says);

    [Theory]
    [InlineData("added_tokens", """[{"id":5,"content":"a"}]""", "added_tokens[0]: 'a' has the id 5, but 1 in the model's vocabulary")]
    [InlineData("added_tokens", """[{"id":2147483648,"content":"b"}]""", "is not a whole number")]
    [InlineData("added_tokens", """{"b":2}""", "expected an array, got an object")]
    [InlineData("truncation", """{"direction":"Right"}""", "max_length is missing")]
    [InlineData("padding", """{"direction":"Up","pad_id":0}""", "the direction 'Up' is not supported")]
    [InlineData("padding", """{"direction":"Left","pad_id":9}""", "pad_id is 9, but there are 2 ids")]
    public void A_bad_section_is_named(string section, string value, string says) => Refused(With(section, value), says);

    [Fact]
    public void Every_beginning_of_a_file_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(GoldenTokenizers.Json("words").ToJsonString());
        for (int length = 0; length < whole.Length; length++)
            Refused(whole[..length], "not valid JSON");
    }

    [Fact]
    public void Bytes_changed_at_random_are_read_or_refused_and_nothing_else()
    {
        var random = new RandomGenerator(7);
        foreach (string name in (ReadOnlySpan<string>)["words", "xlmr", "llama2"])
        {
            byte[] whole = Encoding.UTF8.GetBytes(GoldenTokenizers.Json(name).ToJsonString());
            for (int round = 0; round < 60; round++)
            {
                byte[] changed = [.. whole];
                for (int i = 0; i <= round % 4; i++)
                    changed[random.Next(round % 2 == 0 ? whole.Length : Math.Min(whole.Length, 3000))] = (byte)random.Next(256);
                using var folder = new TemporaryFolder();
                try
                {
                    HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", changed)).Encode("a photo\u0301 of \u4F60 cats");
                }
                catch (InputException problem)
                {
                    Assert.DoesNotContain('\n', problem.Message);
                }
            }
        }
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string normalizer = string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 5000))
            + string.Concat(Enumerable.Repeat("]}", 5000));
        Refused(With("normalizer", """{"type":"NFC"}""", json => json.Replace("""{"type":"NFC"}""", normalizer, StringComparison.Ordinal)),
            "depth");
    }

    [Fact]
    public void An_expression_without_end_is_stopped()
    {
        byte[] json =
            With("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(a|aa)*(a|aa)*(a|aa)*(a|aa)*b"},"behavior":"Isolated"}""");
        using var folder = new TemporaryFolder();
        var tokenizer = HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", json));
        Assert.Equal([1], tokenizer.Encode("a"));
        var problem = Assert.Throws<InputException>(() => tokenizer.Encode(new string('a', 5000)));
        Assert.Contains("took more than 2 seconds", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_is_slow_in_many_places_is_stopped()
    {
        byte[] json = With("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(?:a|aa)+b|a"},"behavior":"Isolated"}""");
        using var folder = new TemporaryFolder();
        var tokenizer = HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", json));
        string text = string.Concat(Enumerable.Repeat(new string('a', 28) + "c", 1000));
        Assert.Contains("took more than 2 seconds", Assert.Throws<InputException>(() => tokenizer.Encode(text)).Message,
            StringComparison.Ordinal);
        Assert.Equal([0, 1, 1], tokenizer.Encode("caa"));
    }

    [Theory]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[*]}""",
        """{"type":"Replace","pattern":{"String":"a"},"content":"aa"}""")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[*]}""",
        """{"type":"Replace","pattern":{"Regex":"a|"},"content":"aa"}""")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[*]}""", """{"type":"ByteLevel"}""")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[*]}""",
        """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""")]
    public void Steps_that_double_a_text_each_time_are_stopped(string section, string sequence, string step)
    {
        byte[] json = With(section, sequence.Replace("*", string.Join(',', Enumerable.Repeat(step, 20)), StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        var tokenizer = HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", json));
        Assert.Contains("make it more than 64 times as long", Assert.Throws<InputException>(() => tokenizer.Encode("a\u00e9")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_makes_pages_of_each_character_is_stopped()
    {
        // One leaf, for "a", which points to a text without an end.
        var units = new uint[128];
        units['a'] = 'a' | 0x100u | (1 << 10);
        byte[] table =
            [0, 2, 0, 0, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes<uint>(units), .. Enumerable.Repeat((byte)'x', 20_000)];
        string normalizer = $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(table)}}"}""";
        using var folder = new TemporaryFolder();
        var tokenizer = HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", With("normalizer", normalizer)));
        Assert.Contains("make it more than 64 times as long",
            Assert.Throws<InputException>(() => tokenizer.Encode(new string('a', 100))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_added_token_that_cannot_be_normalized_names_the_file()
    {
        JsonObject json = JsonNode.Parse(Least)!.AsObject();
        json["added_tokens"] = JsonNode.Parse("""[{"id":5,"content":"aaaaaaaa"}]""");
        json["normalizer"] = JsonNode.Parse($$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{new string('b', 5000)}}"}""");
        Refused(Encoding.UTF8.GetBytes(json.ToJsonString()), "added_tokens: an added token cannot be normalized");
    }

    [Fact]
    public void Tokens_and_expressions_far_too_long_are_refused()
    {
        string token = new('a', 5000);
        Refused(Encoding.UTF8.GetBytes(
            """{"model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0,"*":1}}}""".Replace("*", token, StringComparison.Ordinal)),
            "a token has 5000 characters; the limit is 256");
        Refused(Encoding.UTF8.GetBytes(
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["*",0]]}}""".Replace("*", token, StringComparison.Ordinal)),
            "model.vocab[0][0]: 5000 characters; the limit is 1024");
        Refused(With("pre_tokenizer", $$"""{"type":"Split","pattern":{"Regex":"{{token}}"},"behavior":"Isolated"}"""),
            "pre_tokenizer.pattern.Regex: 5000 characters; the limit is 4096");
    }

    [Fact]
    public void Marks_that_leave_no_room_for_a_text_are_refused()
    {
        string marks = """{"type":"BertProcessing","sep":["a",1],"cls":["a",1]}""", many = string.Join(',', Enumerable.Repeat("1", 300));
        Refused(With("truncation", """{"max_length":0}"""),
            "a text may have at most 0 ids (max_length, or model_max_length of tokenizer_config.json), but its marks alone are 0");
        Refused(With("truncation", """{"max_length":2}""", text => text[..^1] + $$""","post_processor":{{marks}}""" + "}"),
            "a text may have at most 2 ids");
        Refused(With("post_processor",
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{"id":"A"}}],"special_tokens":{"a":{"ids":[*]}}}""".Replace("*", many, StringComparison.Ordinal)), "more than 256 special tokens around a text");
        Refused(With("post_processor", $$"""{"type":"Sequence","processors":[{{string.Join(',', Enumerable.Repeat(marks, 129))}}]}"""),
            "more than 256 special tokens around a text");
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bertUncased")]
    [InlineData("xlmr")]
    [InlineData("llama2")]
    public void A_word_of_many_thousand_characters_takes_no_time_of_their_square(string name)
    {
        JsonObject json = GoldenTokenizers.Json(name);
        if (name == "bertUncased")
            json["model"]!["max_input_chars_per_word"] = 1_000_000;
        Assert.InRange(GoldenTokenizers.Load(json).Encode(new string('e', 300_000)).Length, 1000, 300_003);
    }

    [Fact]
    public void A_word_without_any_token_is_named()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"model":{"type":"Unigram","unk_id":null,"vocab":[["a",0]]}}""");
        using var folder = new TemporaryFolder();
        var tokenizer = HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", json));
        Assert.Contains("'ab'", Assert.Throws<InputException>(() => tokenizer.Encode("ab")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_points_outside_of_itself_changes_nothing()
    {
        var random = new RandomGenerator(11);
        for (int round = 0; round < 200; round++)
        {
            byte[] table = new byte[4 + 1024 + random.Next(64)];
            for (int i = 4; i < table.Length; i++)
                table[i] = (byte)random.Next(256);
            table[1] = 4;
            byte[] json = With("normalizer", $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(table)}}"}""");
            using var folder = new TemporaryFolder();
            HuggingFaceTokenizer.Load(folder.Write("tokenizer.json", json)).Encode("a\u00E9 \u4F60\U0001F600e\u0301\r\n");
        }
    }

    [Fact]
    public void Missing_files_and_bad_configurations_are_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("tokenizer.json is missing", Assert.Throws<InputException>(() => HuggingFaceTokenizer.Load(folder.Path)).Message,
            StringComparison.Ordinal);
        Assert.Contains("holds none of", Assert.Throws<InputException>(() => TokenizerFolder.Load(folder.Path)).Message,
            StringComparison.Ordinal);
        folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(Least));
        folder.Write("tokenizer_config.json", """{"model_max_length":"many"}"""u8);
        Assert.Contains("tokenizer_config.json: model_max_length: expected a number",
            Assert.Throws<InputException>(() => TokenizerFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normalizer", """{"type":"BertNormalizer","lowercase":true}""", """{"do_lower_case":false}""",
        "normalizer.lowercase: lowercase is true, do_lower_case of tokenizer_config.json is false")]
    [InlineData("normalizer", """{"type":"BertNormalizer","strip_accents":false}""", """{"strip_accents":true}""",
        "strip_accents is false, strip_accents of tokenizer_config.json is true")]
    [InlineData("normalizer", """{"type":"BertNormalizer","handle_chinese_chars":true}""", """{"tokenize_chinese_chars":false}""",
        "handle_chinese_chars is true, tokenize_chinese_chars")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":true}""", """{"add_prefix_space":false}""",
        "add_prefix_space is true, add_prefix_space of tokenizer_config.json is false")]
    [InlineData("normalizer", """{"type":"BertNormalizer","lowercase":true}""",
        """{"do_lower_case":true,"strip_accents":null,"tokenizer_class":"BertTokenizer"}""", null)]
    [InlineData("normalizer", """{"type":"Lowercase"}""", """{"do_lower_case":false,"of_next_year":1}""", null)]
    public void A_configuration_beside_the_file_that_says_otherwise_is_refused(string section, string value, string config, string? says)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", With(section, value));
        folder.Write("tokenizer_config.json", Encoding.UTF8.GetBytes(config));
        var failure = Record.Exception(() => TokenizerFolder.Load(folder.Path));
        if (says is null) Assert.Null(failure);
        else Assert.Contains(says, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_beside_the_file_gives_what_that_leaves_open()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(Least));
        folder.Write("tokenizer_config.json",
            """{"model_max_length":64,"pad_token":{"content":"a"},"padding_side":"left","truncation_side":"left"}"""u8);
        ITokenizer tokenizer = TokenizerFolder.Load(folder.Path);
        Assert.Equal((64, 1, 2), (tokenizer.ContextLength, tokenizer.PaddingId, tokenizer.VocabularySize));
        Assert.True(tokenizer.EncodeBatch(["a"], 3).PaddedLeft);
        folder.Write("tokenizer_config.json", """{"model_max_length":1000000000000000019884624838656}"""u8);
        Assert.Null(TokenizerFolder.Load(folder.Path).ContextLength);
    }

    private static byte[] With(string section, string value, Func<string, string>? change = null)
    {
        JsonObject json = JsonNode.Parse(Least)!.AsObject();
        json[section] = JsonNode.Parse(value);
        string text =
            json.ToJsonString(
                new System.Text.Json.JsonSerializerOptions
                {
                    Encoder =
                    System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
                });
        return Encoding.UTF8.GetBytes(change?.Invoke(text) ?? text);
    }

    private static void Refused(byte[] json, string says)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("tokenizer.json", json);
        string message = Assert.Throws<InputException>(() => HuggingFaceTokenizer.Load(file)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
