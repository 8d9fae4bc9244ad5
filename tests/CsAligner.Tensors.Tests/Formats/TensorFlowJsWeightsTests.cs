using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tensors.Tests.Formats;

public sealed class TensorFlowJsWeightsTests
{
    private const string Valid = """
        {"modelTopology": {"node": [{"name": "x"}]}, "weightsManifest": [
          {"paths": ["one", "two"], "weights": [
            {"name": "a", "shape": [2, 2], "dtype": "float32"}, {"name": "b", "shape": [], "dtype": "int32"}, {"name": "c", "shape": [3, 0], "dtype": "float32"}]},
          {"paths": ["three"], "weights": [{"name": "d/e", "shape": [1], "dtype": "float32"}]},
          {"paths": [], "weights": []}]}
        """;

    [Fact]
    public void Tensors_are_read_across_shards_and_groups()
    {
        using TemporaryFolder folder = Folder(Valid);
        TensorFlowJsWeights weights = TensorFlowJsWeights.Open(folder["model.json"]);
        Assert.Equal(["a", "b", "c", "d/e"], weights.Names.Order(StringComparer.Ordinal));
        Assert.Equal([1.5f, -2, 3, 4e30f], weights.ReadTensor("a").Span);
        Assert.Equal([2, 2], weights.ReadTensor("a").Shape);
        Assert.Equal(-7, weights.ReadTensor("b").Item);
        Assert.Equal([3, 0], weights.ReadTensor("c").Shape);
        Assert.Equal([0.25f], weights.ReadTensor("d/e").Span);
        Assert.True(weights.TryGetShape("c", out var shape));
        Assert.Equal([3L, 0], shape);
        Assert.False(weights.TryGetShape("x", out _));
        Assert.Contains("no tensor 'x'", Assert.Throws<InputException>(() => weights.ReadTensor("x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"one\"", "\"../one\"", "plain file name")]
    [InlineData("\"one\"", "\"/one\"", "plain file name")]
    [InlineData("\"one\"", "\"sub\\\\one\"", "plain file name")]
    [InlineData("\"one\"", "\"c:one\"", "plain file name")]
    [InlineData("\"one\"", "\"..\"", "plain file name")]
    [InlineData("\"one\"", "\"\"", "plain file name")]
    [InlineData("\"one\"", "\"a\\u0000b\"", "plain file name")]
    [InlineData("\"one\"", "\"two\"", "twice")]
    [InlineData("\"three\"", "\"TWO\"", "twice")]
    [InlineData("\"one\"", "\"none\"", "no such file")]
    [InlineData("\"one\"", "7", "not a string")]
    [InlineData("\"one\", ", "", "have 14")]
    [InlineData("[2, 2]", "[2, 3]", "need 28 bytes")]
    [InlineData("[2, 2]", "[2, -2]", "whole number")]
    [InlineData("[2, 2]", "[2, 2.5]", "whole number")]
    [InlineData("[2, 2]", "[4611686018427387904, 4]", "larger than any file")]
    [InlineData("[2, 2]", "[4611686018427387904, 4, 0]", "larger than any file")]
    [InlineData("[2, 2]", "4", "name, dtype and shape")]
    [InlineData("\"b\"", "\"a\"", "'a' twice")]
    [InlineData("int32", "string", "'string'")]
    [InlineData("\"dtype\": \"int32\"", "\"dtype\": \"int32\", \"quantization\": {\"dtype\": \"uint8\"}", "quantised")]
    [InlineData("\"dtype\": \"int32\"", "\"dtype\": \"int32\", \"dtype\": \"int32\"", "JSON")]
    [InlineData("\"name\": \"b\"", "\"name\": \"\\ud800\"", "JSON")]
    [InlineData("weightsManifest", "weights", "weightsManifest")]
    [InlineData("\"paths\": [], ", "", "\"paths\" and \"weights\"")]
    [InlineData("}]}", "", "JSON")]
    public void A_manifest_that_lies_is_refused_in_one_line_that_names_it(string from, string to, string said)
    {
        Assert.Contains(from, Valid, StringComparison.Ordinal);
        using TemporaryFolder folder = Folder(Valid.Replace(from, to, StringComparison.Ordinal));
        InputException failure = Assert.Throws<InputException>(() => TensorFlowJsWeights.Open(folder["model.json"]));
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void A_shard_that_is_cut_off_is_refused_on_opening_and_when_it_shrinks_afterwards()
    {
        using TemporaryFolder folder = Folder(Valid);
        TensorFlowJsWeights weights = TensorFlowJsWeights.Open(folder["model.json"]);
        File.WriteAllBytes(folder["two"], new byte[9]);
        Assert.Contains("cut off", Assert.Throws<InputException>(() => TensorFlowJsWeights.Open(folder["model.json"])).Message,
            StringComparison.Ordinal);
        Assert.Contains(folder["two"], Assert.Throws<InputException>(() => weights.ReadTensor("b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_is_refused_or_harmless()
    {
        byte[] valid = Encoding.UTF8.GetBytes(Valid);
        using TemporaryFolder folder = Folder(Valid);
        var random = new RandomGenerator(3);
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. valid];
            for (int k = 0; k < 2; k++) damaged[(int)(random.NextDouble() * damaged.Length)] = (byte)(random.NextDouble() * 256);
            folder.Write("model.json", damaged);
            try
            {
                TensorFlowJsWeights weights = TensorFlowJsWeights.Open(folder["model.json"]);
                foreach (string name in weights.Names) weights.ReadTensor(name);
            }
            catch (InputException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 1999);
    }

    // a: four numbers, b: -7; the second number of a lies in two shards. d/e: a shard of its own.
    private static TemporaryFolder Folder(string manifest)
    {
        var folder = new TemporaryFolder();
        byte[] bytes = [.. MemoryMarshal.AsBytes<float>([1.5f, -2, 3, 4e30f]), .. MemoryMarshal.AsBytes<int>([-7])];
        folder.Write("one", bytes.AsSpan(..6));
        folder.Write("two", bytes.AsSpan(6..));
        folder.Write("three", MemoryMarshal.AsBytes<float>([0.25f]));
        folder.Write("model.json", Encoding.UTF8.GetBytes(manifest));
        return folder;
    }
}
