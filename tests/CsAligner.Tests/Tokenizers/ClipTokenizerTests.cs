using System.Text;
using CsAligner.Tensors;
using CsAligner.Tokenizers;
using CsAligner.Tokenizers.Characters;
using CsAligner.Tokenizers.Pieces;

namespace CsAligner.Tests.Tokenizers;

public sealed class ClipTokenizerTests
{
    [Fact]
    public void Awkward_texts_give_the_ids_of_the_naive_reference()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        List<(string Text, int[] Ids)> lists = TokenizerFiles.ReadLists(Path.Combine(TokenizerFiles.Golden, "golden.json"));
        Assert.Equal(51, lists.Count);
        Assert.All(lists, list => Assert.Equal(list.Ids, tokenizer.Encode(list.Text)));
    }

    [Fact]
    public void The_original_vocabulary_gives_the_original_ids()
    {
        string? shared = Environment.GetEnvironmentVariable("CSALIGN_SHARED");
        Assert.SkipUnless(shared is not null, "CSALIGN_SHARED is not set: no copy of CLIP's vocabulary to read.");
        string folder = Path.Combine(shared!, "data", "clip-tokenizer");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder);
        List<(string Text, int[] Ids)> lists = TokenizerFiles.ReadLists(Path.Combine(folder, "golden.json"));
        Assert.Equal((49408, 49406, 49407, 25), (tokenizer.VocabularySize, tokenizer.StartId, tokenizer.EndId, lists.Count));
        Assert.All(lists, list => Assert.Equal(list.Ids, tokenizer.Encode(list.Text)));
    }

    [Fact]
    public void A_second_encoding_out_of_the_cache_equals_the_first()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        foreach ((string text, int[] ids) in TokenizerFiles.ReadLists(Path.Combine(TokenizerFiles.Golden, "golden.json")))
        {
            tokenizer.Encode(text);
            Assert.Equal(ids, tokenizer.Encode(text));
        }
    }

    [Fact]
    public void Threads_share_one_tokenizer()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        var lists = TokenizerFiles.ReadLists(Path.Combine(TokenizerFiles.Golden, "golden.json"));
        Parallel.For(0, 2000, i =>
        {
            (string text, int[] ids) = lists[i % lists.Count];
            Assert.Equal(ids, tokenizer.Encode(text));
        });
    }

    [Fact]
    public void The_queue_merges_what_the_scan_merges()
    {
        BpeVocabulary vocabulary = BpeVocabulary.Read(TokenizerFiles.Golden);
        var merges = vocabulary.MergesOfIds();
        var random = new RandomGenerator(3);
        string alphabet = "abnr owlcid";
        for (int round = 0; round < 500; round++)
        {
            var scanned = new int[random.Next(120)];
            for (int i = 0; i < scanned.Length; i++)
                scanned[i] = vocabulary.IdOf(ByteAlphabet.CharacterOf((byte)alphabet[random.Next(2 + (round % 9))]).ToString());
            int[] queued = [.. scanned];
            int count = merges.ApplyByScan(scanned);
            Assert.Equal(count, merges.ApplyByQueue(queued));
            Assert.Equal(scanned[..count], queued[..count]);
        }
    }

    [Fact]
    public void The_queue_equals_the_scan_where_a_later_merge_feeds_an_earlier_one()
    {
        string[] extra = ["ab", "abab", "aab"];
        var tokens = new List<string>(BpeVocabulary.Read(TokenizerFiles.Golden).Tokens.Take(512)) { extra[0], extra[1], extra[2] };
        var vocabulary = new BpeVocabulary(tokens, [new("ab", "ab"), new("a", "ab"), new("a", "b")]);
        var merges = vocabulary.MergesOfIds();
        foreach (string word in new[] { "abab", "aabab", "abaab", "aaabababab", "babab" })
        {
            int[] scanned = [.. word.Select(letter => vocabulary.IdOf(letter.ToString()))];
            int[] queued = [.. scanned];
            int count = merges.ApplyByScan(scanned);
            Assert.Equal(count, merges.ApplyByQueue(queued));
            Assert.Equal(scanned[..count], queued[..count]);
        }
    }

    [Fact]
    public void Every_character_of_two_bytes_and_every_emoji_survives_the_round_trip()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        IEnumerable<int> codes = Enumerable.Range(0x21, 0x7E0).Concat(Enumerable.Range(0x1F300, 0x300));
        foreach (int code in codes)
        {
            string text = char.ConvertFromUtf32(code);
            string expected = string.IsNullOrWhiteSpace(text)
                ? ""
                : ClipText.Clean(text).Replace("i\u0307", "i \u0307", StringComparison.Ordinal);
            Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Theory]
    [InlineData("Arrow  Left", "arrow left")]
    [InlineData("👩‍🚀 to the 🌑!", "👩‍🚀 to the 🌑!")]
    [InlineData("café & über", "café & über")]
    [InlineData("<|startoftext|> hi <|endoftext|>", "hi")]
    [InlineData("", "")]
    public void Decoding_gives_the_words_back(string text, string decoded)
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        Assert.Equal(decoded, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Every_byte_has_a_token_in_the_middle_and_at_the_end_of_a_word()
    {
        BpeVocabulary vocabulary = BpeVocabulary.Read(TokenizerFiles.Golden);
        var tokenizer = new ClipTokenizer(vocabulary);
        for (int value = 0; value < 256; value++)
        {
            string token = ByteAlphabet.CharacterOf((byte)value).ToString();
            string expected = Encoding.UTF8.GetString([(byte)value]).TrimEnd(' ');
            Assert.Equal(expected, tokenizer.Decode([vocabulary.IdOf(token)]));
            Assert.Equal(expected, tokenizer.Decode([vocabulary.IdOf(token + "</w>")]));
            Assert.Equal(value, ByteAlphabet.ByteOf(token[0]));
        }
    }

    [Fact]
    public void A_lone_surrogate_counts_as_the_replacement_character()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        Assert.Equal(tokenizer.Encode("a\uFFFD b"), tokenizer.Encode("a\uD83D b"));
    }

    [Fact]
    public void A_batch_truncates_pads_and_keeps_the_end_token()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        string[] texts = ["", "arrow left", "arrow left right up down", new string('z', 500)];
        TokenBatch batch = tokenizer.EncodeBatch(texts, 5);
        Assert.Equal((4, 5), (batch.Count, batch.ContextLength));
        Assert.Equal([2, 4, 5, 5], batch.Lengths);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] whole = tokenizer.Encode(texts[i]);
            int length = batch.Lengths[i];
            Assert.Equal(whole[..(length - 1)], batch.Row(i)[..(length - 1)].ToArray());
            Assert.All(batch.Row(i)[(length - 1)..].ToArray(), id => Assert.Equal(tokenizer.EndId, id));
        }
    }

    [Fact]
    public void The_shortest_context_holds_start_and_end_only()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        Assert.Equal([tokenizer.StartId, tokenizer.EndId], tokenizer.EncodeBatch(["arrow"], 2).Ids);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodeBatch(["arrow"], 1));
    }

    [Fact]
    public void A_megabyte_without_a_space_is_encoded()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        string text = string.Concat(Enumerable.Repeat("bananarrow", 100_000));
        int[] ids = tokenizer.Encode(text);
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        ClipTokenizer tokenizer = TokenizerFiles.Load();
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.VocabularySize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }
}
