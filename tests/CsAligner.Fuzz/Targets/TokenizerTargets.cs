using System.Text;
using CsAligner.Tokenizers;

namespace CsAligner.Fuzz.Targets;

/// <summary>Vocabularies and what they make of texts.</summary>
internal static class TokenizerTargets
{
    private static readonly string[] ClipFiles = ["vocab.json", "merges.txt"];

    private static readonly string[] Texts =
        ["", " ", "a photo of a cat", "naïve café — 東京 🙂", "don't &amp; &lt;b&gt; <|startoftext|>x<|endoftext|>", new string('a', 300), "\ud800 \u0000 \u202e", string.Join(' ', Enumerable.Range(0, 60))];

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
        Seeds = () => [SeedFolder.Of(ClipFiles, folder => BpeTrainer.Train([new("a photo of a cat", 9), new("a photograph of the cats", 5)], 540).Write(folder))],
    };

    public static FuzzTarget Unigram { get; } = new()
    {
        Name = "unigram",
        Files = ["vocab.json"],
        Run = folder =>
        {
            var tokenizer = UnigramTokenizer.Read(Path.Combine(folder, "vocab.json"));
            foreach (string text in Texts)
                foreach (int id in tokenizer.Encode(text)) FuzzTarget.Require(id >= 0 && id < tokenizer.VocabularySize, "ids are of the vocabulary");
        },
        Seeds = () =>
        [
            [Encoding.UTF8.GetBytes("""[["<unk>",0],["<s>",0],["</s>",0],["x",0],["y",0],["z",0],["▁",-2.5],["▁a",-3],["a",-4],["ph",-5.5],["oto",-6],["cat",-7],[":",null],["🙂",-8]]""")],
        ],
    };
}
