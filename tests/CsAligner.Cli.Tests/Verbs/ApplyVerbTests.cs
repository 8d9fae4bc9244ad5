using System.Text.Json.Nodes;
using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class ApplyVerbTests
{
    private static readonly double[][] Rows = FeatureFiles.Cloud(1, 20, 3, 0.5);

    [Fact]
    public void Rows_are_shifted_mapped_and_normalised()
    {
        using var folder = new TemporaryFolder();
        string adapter = SaveAdapter(folder);
        CommandLineRun run = CommandLineRun.Of("apply", "--adapter", adapter, FeatureFiles.Save(folder, "in.npy", Rows), folder["out.npy"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        HasMapped(folder["out.npy"]);
        Assert.Contains("20 rows of 3 values", run.Error);
    }

    [Fact]
    public void A_feature_set_with_both_modalities_needs_a_choice()
    {
        using var folder = new TemporaryFolder();
        string adapter = SaveAdapter(folder);
        float[] values = [.. Rows.SelectMany(row => row).Select(value => (float)value)];
        using (var writer = new FeatureSetWriter(folder["set"], ElementType.Float32, shardRows: 7))
        {
            writer.WriteRows(Modality.Image, new float[] { 1, 0 }, 2);
            writer.WriteRows(Modality.Text, values, 3);
            writer.Commit("e", normalised: false);
        }

        CommandLineRun open = CommandLineRun.Of("apply", "--adapter", adapter, folder["set"], folder["out.npy"]);
        Assert.Equal(2, open.ExitCode);
        Assert.Contains("--modality", open.ErrorLine);
        Assert.Equal(0, CommandLineRun.Of("apply", "--adapter", adapter, folder["set"], folder["out.npy"], "--modality", "text").ExitCode);
        HasMapped(folder["out.npy"]);
    }

    [Fact]
    public void A_run_maps_a_whole_feature_set_and_its_pairs_are_found()
    {
        using var folder = new TemporaryFolder();
        SaveAdapter(folder);
        Directory.CreateDirectory(folder["run"]);
        File.Move(folder["adapter.safetensors"], folder["run/text-adapter.safetensors"]);
        new IdentityAdapter(Tensor.From([0f, 0, 1], 3)).Save(folder["run/image-adapter.safetensors"]);
        float[] values = [.. Rows.SelectMany(row => row).Select(value => (float)value)];
        using (var writer = new FeatureSetWriter(folder["set"], ElementType.Float32, shardRows: 7))
        {
            writer.WriteRows(Modality.Image, values.AsSpan(0, 30), 3);
            writer.WriteRows(Modality.Text, values, 3);
            for (int i = 0; i < 10; i++) writer.WriteMetadata(new JsonObject { ["image_path"] = $"{i}.png" });
            writer.SetPairs([.. Enumerable.Range(0, 20).Select(i => i / 2L)]);
            writer.Commit("e", normalised: false);
        }

        Assert.Equal(0, CommandLineRun.Of("apply", "--adapter", folder["run"], folder["set"], folder["mapped"]).ExitCode);
        FeatureSet mapped = FeatureSet.Open(folder["mapped"]);
        Assert.Equal(("e, aligned", true, 10, 20),
            (mapped.Info!.Encoder, mapped.Info.Normalised, mapped.Info.ImageCount, mapped.Info.TextCount));
        Assert.Equal("9.png", mapped.ReadMetadata().Last()["image_path"]!.GetValue<string>());
        Assert.Equal(0,
            CommandLineRun.Of("apply", "--adapter", folder["run/text-adapter.safetensors"], folder["set"], folder["texts.npy"],
                "--modality", "text").ExitCode);
        double[] expected = Npy.ReadDoubles(folder["texts.npy"], out _);
        Tensor texts = FeatureFile.ReadRows(folder["mapped"], Modality.Text);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], texts.Span[i], 1e-3);
        double[][] images =
            NaiveMeasures.Normalise([.. NaiveMeasures.Normalise(Rows[..10]).Select(row => new[] { row[0], row[1], row[2] + 1 })]);
        Tensor found = FeatureFile.ReadRows(folder["mapped"], Modality.Image);
        for (int i = 0; i < found.Length; i++) Assert.Equal(images[i / 3][i % 3], found.Span[i], 1e-3);

        // Two texts to an image: without the set's own pairs the numbers of rows would not fit.
        CommandLineRun evaluated = CommandLineRun.Of("evaluate", "--images", folder["mapped"], "--texts", folder["mapped"], "--json");
        Assert.Equal(0, evaluated.ExitCode);
        Assert.Equal(1, CommandLineRun.Of("evaluate", "--images", folder["mapped"], "--texts", folder["texts.npy"], "--json").ExitCode);
        CommandLineRun onto = CommandLineRun.Of("apply", "--adapter", folder["run"], folder["set"], folder["set"] + "/");
        Assert.Equal(2, onto.ExitCode);
        Assert.Contains("give another output folder", onto.Error);
        Assert.Equal(2, CommandLineRun.Of("apply", "--adapter", folder["run"], folder["texts.npy"], folder["out.npy"]).ExitCode);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_the_old_output_stays()
    {
        using var folder = new TemporaryFolder();
        string adapter = SaveAdapter(folder);
        string input = FeatureFiles.Save(folder, "in.npy", Rows);
        string wide = FeatureFiles.Save(folder, "wide.npy", FeatureFiles.Cloud(1, 4, 5, 1));
        File.WriteAllText(folder["out.npy"], "old");
        void Refused(string adapterPath, string inputPath, string outputPath, params string[] expected)
        {
            CommandLineRun run = CommandLineRun.Of("apply", "--adapter", adapterPath, inputPath, outputPath);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.All(expected, part => Assert.Contains(part, run.ErrorLine));
            Assert.Equal("old", File.ReadAllText(folder["out.npy"]));
        }

        Refused(folder["missing.safetensors"], input, folder["out.npy"], "missing.safetensors", "no such file");
        Refused(input, input, folder["out.npy"], "in.npy", "safetensors");
        var other = new SafeTensorsWriter();
        other.Add("weight", new Tensor(2));
        other.Write(folder["model.safetensors"]);
        Refused(folder["model.safetensors"], input, folder["out.npy"], "model.safetensors", "adapter");
        File.WriteAllBytes(folder["cut.safetensors"], File.ReadAllBytes(adapter)[..^1]);
        Refused(folder["cut.safetensors"], input, folder["out.npy"], "cut.safetensors", "cut off");
        Refused(adapter, wide, folder["out.npy"], "wide.npy", "5", "3");
        Refused(adapter, folder["missing.npy"], folder["out.npy"], "missing.npy");
        Refused(adapter, input, folder["no/such/out.npy"], "does not exist");
        Refused(adapter, input, folder.Path, "it is a folder");
    }

    // z = x + shift, y = z + up (down z), then to length 1.
    private static string SaveAdapter(TemporaryFolder folder)
    {
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "csaligner-adapter");
        writer.SetMetadata("format_version", "1");
        writer.SetMetadata("kind", "low-rank");
        writer.Add("shift", Tensor.From([0.25f, -0.5f, 0.125f], 3));
        writer.Add("down.weight", Tensor.From([1f, 2, 3], 1, 3));
        writer.Add("up.weight", Tensor.From([0.5f, 0, -1], 3, 1));
        writer.Write(folder["adapter.safetensors"]);
        return folder["adapter.safetensors"];
    }

    private static void HasMapped(string path)
    {
        double[] written = Npy.ReadDoubles(path, out int[] shape);
        Assert.Equal([20, 3], shape);
        double[][] shifted = [.. NaiveMeasures.Normalise(Rows).Select(row => new[] { row[0] + 0.25, row[1] - 0.5, row[2] + 0.125 })];
        double[][] mapped = NaiveMeasures.Normalise([.. shifted.Select(row =>
        {
            double inner = row[0] + (2 * row[1]) + (3 * row[2]);
            return new[] { row[0] + (0.5 * inner), row[1], row[2] - inner };
        })]);
        for (int i = 0; i < written.Length; i++)
            Assert.Equal(mapped[i / 3][i % 3], written[i], 1e-6);
    }
}
