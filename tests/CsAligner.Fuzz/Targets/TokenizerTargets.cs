using System.Text;
using CsAligner.Tensors;
using CsAligner.Tokenizers;

namespace CsAligner.Fuzz.Targets;

/// <summary>Vocabularies and what they make of texts.</summary>
internal static class TokenizerTargets
{
    private static readonly string[] ClipFiles = ["vocab.json", "merges.txt"], BertFiles = ["vocab.txt", "tokenizer_config.json"];

    private const int Long = 1 << 14;

    private static readonly string[] Texts =
        ["", " ", "a photo of a cat", "naïve café — 東京 🙂", "don't &amp; &lt;b&gt; <|startoftext|>x<|endoftext|>", new string('a', 300),
            "\ud800 \u0000 \u202e", string.Join(' ', Enumerable.Range(0, 60))];

    // Long ones too: what takes the square of a text's length is to be found.
    private static readonly string[] HuggingFaceTexts =
    [
        .. Texts, "Ae\u0301 \ufb01 \u212b \u1100\u1161\u11a8 new word</s> x", "\r\n\t a\u00a0b\u3000c\u200bd",
        string.Concat(Enumerable.Repeat("e", Long)), string.Concat(Enumerable.Repeat("a cat's photo, ", Long / 15)),
        string.Concat(Enumerable.Repeat("\u0323\u0301", Long / 2)), string.Concat(Enumerable.Repeat("🙂", Long / 2)),
        new string(' ', Long) + "x", string.Concat(Enumerable.Range(0, Long / 2).Select(i => (char)(0x4e00 + (i * 7 % 20000)))),
    ];

    public static FuzzTarget Clip { get; } = new()
    {
        Name = "clip-tokenizer",
        Files = ClipFiles,
        Run = folder =>
        {
            var tokenizer = ClipTokenizer.Load(folder);
            foreach (string text in Texts)
            {
                int[] ids = tokenizer.Encode(text);
                foreach (int id in ids) FuzzTarget.Require(id >= 0 && id < tokenizer.VocabularySize, "ids are of the vocabulary");
                FuzzTarget.Require(ids[0] == tokenizer.StartId && ids[^1] == tokenizer.EndId, "start and end");
                tokenizer.Decode(ids);
            }

            var batch = tokenizer.EncodeBatch(Texts, 8);
            foreach (int length in batch.Lengths) FuzzTarget.Require(length is >= 2 and <= 8, "lengths are of the context");
        },
        Words = ["#version: 0.2\n", "</w>", "a b\n", "a b</w>\n", "<|startoftext|>", "<|endoftext|>", "\u0120", "\r\n", "\ufeff"],
        Seeds = () =>
            [SeedFolder.Of(ClipFiles,
                folder => BpeTrainer.Train([new("a photo of a cat", 9), new("a photograph of the cats", 5)], 540).Write(folder))],
    };

    public static FuzzTarget HuggingFace { get; } = new()
    {
        Name = "tokenizer-json",
        Files = ["tokenizer.json", "tokenizer_config.json"],
        MostTime = TimeSpan.FromSeconds(5),
        Run = EncodeAll,
        Words =
        [
            "Sequence", "Replace", "Prepend", "Precompiled", "Nmt", "StripAccents", "BertNormalizer", "ByteLevel", "Metaspace", "Split",
            "Punctuation", "Digits", "CharDelimiterSplit", "Whitespace", "WhitespaceSplit",
            "BPE", "WordPiece", "Unigram", "WordLevel", "MergedWithPrevious", "MergedWithNext", "Contiguous", "Isolated", "Removed",
            "(a|aa)+$", "(?=.*)*", "(\\w+\\s?)+x", "[^\\s]", "\\p{L}", "{0,9999}", "(?:", "a{1000}{1000}",
        ],
        Seeds = HuggingFaceSeeds.All,
    };

    public static FuzzTarget Bert { get; } = new()
    {
        Name = "bert-vocabulary",
        Files = BertFiles,
        MostTime = TimeSpan.FromSeconds(5),
        Run = EncodeAll,
        Words = ["[PAD]\n", "[UNK]\n", "[CLS]\n", "[SEP]\n", "[MASK]\n", "##", "\r\n", "\ufeff", "never_split", "unk_token"],
        Seeds = () =>
        [
            [.. new[]
            {
                "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nphoto\nof\ncat\n##s\n##a\ncafe\n東\n京\n🙂\ne\n##e\n'\n,\n",
                """{"tokenizer_class":"BertTokenizer","do_lower_case":true,"strip_accents":null,"tokenize_chinese_chars":true,"model_max_length":512,"unk_token":{"content":"[UNK]"}}""",
            }.Select(Encoding.UTF8.GetBytes)],
        ],
    };

    private static void EncodeAll(string folder)
    {
        var tokenizer = HuggingFaceTokenizer.Load(folder);
        try
        {
            EncodeAll(tokenizer);
        }
        catch (InputException failure)
        {
            // A text that the file's steps cannot take: said in one line, though that line does not know the file.
            FuzzTarget.Require(failure.Message.Length < 1000 && !failure.Message.Any(char.IsControl), "one line");
        }
    }

    private static void EncodeAll(HuggingFaceTokenizer tokenizer)
    {
        int[][] ids = [.. HuggingFaceTexts.Select(tokenizer.Encode)];
        for (int i = 0; i < ids.Length; i++)
        {
            foreach (int id in ids[i]) FuzzTarget.Require(id >= 0 && id < tokenizer.VocabularySize, "ids are of the vocabulary");
            FuzzTarget.Require(ids[i].AsSpan().SequenceEqual(tokenizer.Encode(HuggingFaceTexts[i])), "a text gives the same ids twice");
        }

        FuzzTarget.Require(tokenizer.PaddingId >= 0 && tokenizer.PaddingId < tokenizer.VocabularySize, "so is padding");
        int length = Math.Min(tokenizer.ContextLength ?? 64, 64);
        var batch = tokenizer.EncodeBatch(HuggingFaceTexts, length);
        for (int i = 0; i < ids.Length; i++)
        {
            FuzzTarget.Require(batch.Lengths[i] == Math.Min(ids[i].Length, length),
                "a row is as long as its text, and no longer than it may be");
            if (ids[i].Length <= length) FuzzTarget.Require(batch.Text(i).SequenceEqual(ids[i]), "what fits is not changed");
        }
    }
}
