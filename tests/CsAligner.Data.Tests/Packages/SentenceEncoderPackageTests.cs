using System.Text.Json;
using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Data.Tests.Packages;

/// <summary>The published weights against what the published JavaScript makes of them.</summary>
public sealed class SentenceEncoderPackageTests
{
    private static readonly string s_golden = Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Golden", "sentence-encoder");

    [Fact]
    public async Task Token_ids_are_those_of_the_published_JavaScript()
    {
        string folder = await NpmNeeds.PackageAsync(SentenceEncoderPackage.Package);
        UnigramTokenizer tokenizer = UnigramTokenizer.Read(Path.Combine(folder, "dist", "vocab.json"));
        int[][] ids =
            JsonSerializer.Deserialize<int[][]>(
                await File.ReadAllBytesAsync(Path.Combine(s_golden, "ids.json"), TestContext.Current.CancellationToken))!;
        string[] texts = Texts();
        Assert.Equal((8000, 262, 262), (tokenizer.VocabularySize, texts.Length, ids.Length));
        for (int i = 0; i < texts.Length; i++)
            Assert.Equal(ids[i], tokenizer.Encode(texts[i]));
    }

    [Fact]
    public async Task Features_are_those_of_the_published_JavaScript_to_one_in_ten_thousand()
    {
        await NpmNeeds.PackageAsync(SentenceEncoderPackage.Package);
        UniversalSentenceEncoder encoder = await SentenceEncoderPackage.LoadAsync(null, TestContext.Current.CancellationToken);
        Tensor expected = Npy.ReadTensor(Path.Combine(s_golden, "features.npy"));
        Tensor features = encoder.EmbedTexts(Texts(), null, TestContext.Current.CancellationToken);
        Assert.Equal((512, 128), (encoder.Width, encoder.ContextLength));
        Assert.Equal(expected.Shape, features.Shape);
        float largest = 0;
        for (int i = 0; i < features.Length; i++)
            largest = Math.Max(largest, Math.Abs(features.Span[i] - expected.Span[i]));
        Assert.InRange(largest, 0, 1e-4f);
        for (int i = 0; i < features.Rows; i++)
            Assert.Equal(1, System.Numerics.Tensors.TensorPrimitives.Norm<float>(features.Span.Slice(i * 512, 512)), 1e-5);
        TestContext.Current.TestOutputHelper?.WriteLine($"largest difference: {largest:g3}");
    }

    private static string[] Texts() => JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(s_golden, "texts.json")))!;
}
