using System.Text.Json.Nodes;
using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests;

/// <summary>What we write is read by plain NumPy and PyTorch, and what they write by us:
/// tests/interop/interop.py is the other half.</summary>
public sealed class InteroperabilityTests : IDisposable
{
    private const int Rows = 11, Width = 3;

    private static readonly string s_script = Path.Combine(Repository.Root, "tests", "interop", "interop.py");
    private static readonly string s_clip = Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Golden", "clip-tiny");

    private readonly TemporaryFolder _folder = new();
    private readonly RandomGenerator _random = new(17);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Python_reads_adapters_lora_npy_and_feature_sets()
    {
        string? python = await Python.WithTorchAsync();
        Assert.SkipWhen(python is null, Python.Missing);
        Tensor rows = UnitRows(Rows, Width);
        Npy.Write(_folder["rows.npy"], rows);
        WriteNpy(rows);
        WriteFeatures("features", rows, tokens: false);
        WriteFeatures("sample-set", UnitRows(Rows, 8), tokens: true);
        WriteAdapters();
        WriteLora();
        await Python.RunAsync(python!, s_script, "read", _folder.Path);
    }

    [Fact]
    public async Task What_Python_writes_is_read()
    {
        string? python = await Python.WithTorchAsync();
        Assert.SkipWhen(python is null, Python.Missing);
        ClipModel.Load(s_clip).Save(_folder["base"]);
        await Python.RunAsync(python!, s_script, "write", _folder.Path);
        double[] expected =
            [.. JsonNode.Parse(
                await File.ReadAllBytesAsync(_folder["expected.json"], TestContext.Current.CancellationToken))!["values"]!.AsArray()
                .Select(value => (double)value!)];
        ReadsNpy(expected);
        ReadsSafeTensors(expected);
        ReadsClipRetrieval();
        AppliesAnAdapter();
        ReadsLora();
    }

    private void WriteNpy(Tensor rows)
    {
        AtomicFile.CreateFolder(_folder["npy"]);
        Npy.Write(_folder["npy/float32.npy"], rows);
        Npy.Write(_folder["npy/float16.npy"], rows, ElementType.Float16);
        Npy.Write(_folder["npy/int64.npy"], new long[] { 3, -1, int.MaxValue });
        Npy.Write(_folder["npy/int32.npy"], new[] { 3, -1, int.MaxValue });
    }

    private void WriteFeatures(string name, Tensor rows, bool tokens)
    {
        using var writer = new FeatureSetWriter(_folder[name], ElementType.Float16, shardRows: 6);
        writer.WriteRows(Modality.Image, rows.Span, rows.Width);
        if (!tokens)
            writer.WriteRows(Modality.Text, rows.Span, rows.Width);
        for (int i = 0; i < rows.Rows; i++)
        {
            if (tokens)
                writer.WriteTokens(Modality.Image, UnitRows(1 + (i % 4), rows.Width).Span, rows.Width, [1 + (i % 4)]);
            else
                writer.WriteMetadata(new JsonObject { ["caption"] = $"caption {i} \u4F60" });
        }

        writer.Commit("interop", normalised: true);
    }

    private void WriteAdapters()
    {
        AtomicFile.CreateFolder(_folder["adapters"]);
        Tensor Shift(int width) => Tensor.Normal(_random, 0.1f, width);
        Adapter[] adapters =
        [
            new IdentityAdapter(Shift(Width)), new LinearAdapter(Shift(Width), 5, _random), new LowRankAdapter(Shift(Width), 2, _random),
            new MlpAdapter(Shift(Width), 7, _random),
            new ResidualStackAdapter(Shift(Width), 4, 6, 2, _random), new TransformerAdapter(Shift(8), 10, 2, _random),
        ];
        foreach (Adapter adapter in adapters)
        {
            // Training has moved everything.
            foreach ((_, Tensor values) in adapter.Tensors)
                foreach (ref float value in values.Span) value += 0.3f * (float)_random.NextNormal();
            string file = _folder[$"adapters/{adapter.Kind}.safetensors"], output = _folder[$"adapters/{adapter.Kind}.npy"];
            adapter.Save(file);
            string[] input = adapter.UsesTokens
                ? [_folder["sample-set"], output, "--tokens", _folder["sample-set"]]
                : [_folder["rows.npy"], output];
            Assert.Equal(0, CommandLineRun.Of(["apply", "--adapter", file, .. input]).ExitCode);
        }
    }

    private void WriteLora()
    {
        ClipModel model = ClipModel.Load(s_clip);
        model.Save(_folder["base"]);
        var lora = ClipLora.Attach(model, new LoraOptions { Tower = ClipTower.Text, Rank = 3, Alpha = 5 }, _random);
        foreach ((_, Tensor values) in lora.Tensors)
            foreach (ref float value in values.Span) value += 0.1f * (float)_random.NextNormal();
        lora.Save(_folder["lora"], "clip-tiny");
        lora.Merge();
        model.Save(_folder["merged"]);
    }

    private void ReadsNpy(double[] expected)
    {
        string[] matrices = [.. Directory.GetFiles(_folder["npy"]).Where(file => !file.EndsWith("pairs.npy", StringComparison.Ordinal))];
        Assert.Equal(13, matrices.Length);
        foreach (string file in matrices)
        {
            Assert.Equal(expected, Npy.ReadDoubles(file, out int[] shape));
            Assert.Equal([5, 3], shape);
        }

        Assert.Equal([4, 3, 2, 1, 0], Npy.ReadInt64(_folder["npy/pairs.npy"]));
    }

    private void ReadsSafeTensors(double[] expected)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(_folder["safetensors/model.safetensors"]);
        foreach (string type in (ReadOnlySpan<string>)["F16", "BF16", "F32", "F64"])
            Assert.Equal(expected, file.ReadDoubles(type));
        Assert.Equal([1, -2, 1L << 40], file.ReadInt64("I64"));
        Assert.Equal([1.5], file.ReadDoubles("scalar"));
        Assert.Empty(file.Info("scalar").Shape);
        Assert.Empty(file.ReadDoubles("empty"));
        Assert.Equal("interop.py \u4F60", file.Metadata["made by"]);
    }

    private void ReadsClipRetrieval()
    {
        Assert.Equal(2, FeatureSet.Open(_folder["clip-retrieval"]).Shards(Modality.Image).Count);
        Near(Npy.ReadTensor(_folder["rows.npy"]), FeatureFile.ReadRows(_folder["clip-retrieval"], Modality.Image), 1e-3f);
        CommandLineRun run = CommandLineRun.Of("measure", _folder["clip-retrieval"], _folder["clip-retrieval"], "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(9, run.Json.GetProperty("rows_x").GetInt32());
    }

    private void AppliesAnAdapter()
    {
        Assert.Equal(0,
            CommandLineRun.Of("apply", "--adapter", _folder["adapter/linear.safetensors"], _folder["rows.npy"],
                _folder["out.npy"]).ExitCode);
        Near(Npy.ReadTensor(_folder["adapter/expected.npy"]), Npy.ReadTensor(_folder["out.npy"]), 1e-5f);
    }

    private void ReadsLora()
    {
        ClipModel model = ClipModel.Load(_folder["base"]);
        ClipLora lora = ClipLora.Load(model, _folder["lora"]);
        Assert.Equal((3, 6.0), (lora.Options!.Rank, lora.Options.Alpha));
        lora.Merge();
        model.Save(_folder["ours"]);
        using SafeTensorsFile ours = SafeTensorsFile.Open(_folder["ours/model.safetensors"]),
            theirs = SafeTensorsFile.Open(_folder["lora/merged.safetensors"]);
        Assert.Equal(theirs.Names.Order(), ours.Names.Order());
        foreach (string name in theirs.Names)
            Assert.All(theirs.ReadDoubles(name).Zip(ours.ReadDoubles(name)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    private Tensor UnitRows(int rows, int width)
    {
        Tensor tensor = Tensor.Normal(_random, 1, rows, width);
        for (int i = 0; i < rows; i++)
        {
            Span<float> row = tensor.Span.Slice(i * width, width);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, System.Numerics.Tensors.TensorPrimitives.Norm<float>(row), row);
        }

        return tensor;
    }

    private static void Near(Tensor expected, Tensor actual, float tolerance)
    {
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        Assert.All(expected.Span.ToArray().Zip(actual.Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
