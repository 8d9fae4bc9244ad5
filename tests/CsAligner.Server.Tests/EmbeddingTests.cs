using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class EmbeddingTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task TheyHaveOpenAisShapeAndTheirOrder()
    {
        string[] words = ["a cat", "the sun", "a cat", "a bicycle"];
        JsonElement answer = await service.PostAsync("/v1/embeddings", new { input = words, model = "icon-clip" });
        Assert.Equal(("list", "icon-clip"), (answer.Text("object"), answer.Text("model")));
        Assert.True(answer.GetProperty("usage").TryGetProperty("total_tokens", out _));
        JsonElement[] data = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.Equal([0, 1, 2, 3], data.Select(each => each.GetProperty("index").GetInt32()));
        for (int i = 0; i < words.Length; i++)
        {
            float[] expected = Samples.RowOfWords(words[i]), got = Floats(data[i]);
            double length = Math.Sqrt(expected.Sum(value => (double)value * value));
            Assert.Equal("embedding", data[i].Text("object"));
            Assert.All(expected.Zip(got), pair => Assert.Equal(pair.First / length, pair.Second, 1e-4));
        }
    }

    [Fact]
    public async Task Base64HoldsTheSameNumbers()
    {
        JsonElement floats = await service.PostAsync("/v1/embeddings", new { input = "a cat" });
        JsonElement packed = await service.PostAsync("/v1/embeddings", new { input = "a cat", encoding_format = "base64" });
        byte[] bytes = packed.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(Floats(floats.GetProperty("data")[0]), MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Theory]
    [InlineData("""{"input":"a","model":"gpt"}""", HttpStatusCode.NotFound, "there is no model 'gpt'")]
    [InlineData("""{}""", HttpStatusCode.BadRequest, "'input'")]
    [InlineData("""{"input":[]}""", HttpStatusCode.BadRequest, "'input'")]
    [InlineData("""{"input":["a",""]}""", HttpStatusCode.BadRequest, "'input'")]
    [InlineData("""{"input":[1,2]}""", HttpStatusCode.BadRequest, "expected a text")]
    [InlineData("""{"input":"a","dimensions":3}""", HttpStatusCode.BadRequest, "'dimensions'")]
    [InlineData("""{"input":"a","encoding_format":"int8"}""", HttpStatusCode.BadRequest, "'encoding_format'")]
    public async Task OthersAreRefused(string json, HttpStatusCode status, string expected) => Assert.Contains(expected,
        await service.RefusedAsync("/v1/embeddings", status, new StringContent(json, null, "application/json")), StringComparison.Ordinal);

    [Fact]
    public async Task AtMost256AtATime()
    {
        await service.PostAsync("/v1/embeddings", new { input = Enumerable.Repeat("a", 256) });
        await service.RefusedAsync("/v1/embeddings", HttpStatusCode.BadRequest, new { input = Enumerable.Repeat("a", 257) });
    }

    private static float[] Floats(JsonElement row) => [.. row.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];
}
