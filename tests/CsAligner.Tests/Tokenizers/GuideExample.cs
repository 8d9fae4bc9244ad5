using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

/// <summary>The lines of C# in docs/tokenizers.md, compiled and run; they must be the guide's to the letter.</summary>
public sealed class GuideExample
{
    [Fact]
    public void The_example_gives_ids_and_a_mask()
    {
        string modelFolder = Path.Combine(Repository.Root, "models", "icon-clip");

        // Guide begins
        ITokenizer tokenizer = TokenizerFolder.Load(modelFolder);
        int[] ids = tokenizer.Encode("a photo of a cat");
        TokenBatch batch = tokenizer.EncodeBatch(["a cat", "two dogs on a sofa"], contextLength: 16);
        long[] mask = batch.AttentionMask();
        // Guide ends

        Assert.Equal(tokenizer.SpecialTokens["<|startoftext|>"], ids[0]);
        Assert.Equal(batch.Lengths.Sum(), mask.Sum());
        Assert.Equal(32, mask.Length);
    }

    [Fact]
    public void The_guide_shows_these_lines()
    {
        string[] source = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Tokenizers", "GuideExample.cs"));
        var lines = source.SkipWhile(l => !l.EndsWith("Guide begins", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(l => !l.EndsWith("Guide ends", StringComparison.Ordinal)).Select(l => l.Trim());
        Assert.Contains("```csharp\n" + string.Join('\n', lines) + "\n```",
            File.ReadAllText(Path.Combine(Repository.Root, "docs", "tokenizers.md")), StringComparison.Ordinal);
    }
}
