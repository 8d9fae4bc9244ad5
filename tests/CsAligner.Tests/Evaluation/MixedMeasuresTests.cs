using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tests.Starts;

namespace CsAligner.Tests.Evaluation;

public sealed class MixedMeasuresTests
{
    private static readonly JsonDocument Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "mixed.json")));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void They_are_the_golden_ones(int number)
    {
        JsonElement golden = Golden.RootElement[number];
        int width = golden.GetProperty("width").GetInt32();
        Tensor images = StartsGolden.Tensor(golden, "x", width), texts = StartsGolden.Tensor(golden, "y", width);
        long[] imageOfText = [.. golden.GetProperty("image_of_text").EnumerateArray().Select(v => v.GetInt64())];
        MixedMeasures measures = MixedMeasures.Of(images, texts, Pairing.From(imageOfText, images.Rows, texts.Rows));
        Same(golden.GetProperty("text_query"), measures.TextQuery);
        Same(golden.GetProperty("image_query"), measures.ImageQuery);
    }

    // In a frozen space texts lie nearer to any text than to their image: no partner is found, though each is its image's nearest.
    [Fact]
    public void Modalities_apart_find_only_themselves()
    {
        Tensor rows = Clouds.Flat(30, 5, 1, 0), images = new(30, 6), texts = new(30, 6);
        for (int i = 0; i < 30; i++)
        {
            (images.Span[i * 6], texts.Span[i * 6]) = (9, -9);
            rows.Span.Slice(i * 5, 5).CopyTo(images.Span[((i * 6) + 1)..]);
            rows.Span.Slice(i * 5, 5).CopyTo(texts.Span[((i * 6) + 1)..]);
        }

        MixedMeasures measures = MixedMeasures.Of(images, texts, Pairing.Diagonal(30));
        Assert.Equal(new MixedQueryMeasures(0, 0, 0, 0, 0), measures.TextQuery);
        Assert.Equal(new MixedQueryMeasures(0, 0, 0, 0, 0), measures.ImageQuery);
        Assert.Equal(1, Evaluator.TextToImage(images, texts, Pairing.Diagonal(30)).RecallAt1);
    }

    private static void Same(JsonElement golden, MixedQueryMeasures measures)
    {
        Assert.Equal(golden.GetProperty("r1").GetDouble(), measures.RecallAt1, 1e-12);
        Assert.Equal(golden.GetProperty("r5").GetDouble(), measures.RecallAt5, 1e-12);
        Assert.Equal(golden.GetProperty("r10").GetDouble(), measures.RecallAt10, 1e-12);
        Assert.Equal(golden.GetProperty("ndcg10").GetDouble(), measures.Ndcg10, 1e-12);
        Assert.Equal(golden.GetProperty("others").GetDouble(), measures.OthersInTop10, 1e-12);
    }
}
