using System.Text.Json;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Images;
using CsAligner.Data.Tests;
using CsAligner.Generation.Fidelity;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class FidelityVerbTests
{
    private static readonly string[] TrainingKeys =
    [
        "training_rows", "memorised", "memorised_reference", "nearest_training_generated", "nearest_training_reference",
        "nearest_training",
    ];

    private static readonly string[] Keys =
    [
        "generated_rows", "reference_rows", "dim", "frechet", "kernel_distance", "kernel_distance_error", "cmmd", "precision", "recall",
        "density", "coverage", "k", "model", "resize", .. TrainingKeys,
    ];

    [Fact]
    public void Every_key_has_the_value_of_the_library()
    {
        using var folder = new TemporaryFolder();
        string x = Save(folder, "x.npy", 1, 40, 0.5), y = Save(folder, "y.npy", 2, 50, 0), t = Save(folder, "t.npy", 3, 30, 0.2);
        CommandLineRun run = CommandLineRun.Of("fidelity", x, y, "--training", t, "--k", "3", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(Keys, run.Json.EnumerateObject().Select(property => property.Name));
        FidelityMeasures expected = FidelityEvaluator.Measure(Read(x), Read(y), 3, Read(t), TestContext.Current.CancellationToken);
        TrainingMeasures training = expected.Training!;
        Assert.Equal((40, 50, 30), (Number("generated_rows"), Number("reference_rows"), Number("training_rows")));
        Assert.Equal((6, 3), (Number("dim"), Number("k")));
        Assert.Equal((expected.Frechet, expected.Cmmd), (Number("frechet"), Number("cmmd")));
        Assert.Equal(expected.KernelDistance, Number("kernel_distance"));
        Assert.Equal(expected.KernelDistanceError, Number("kernel_distance_error"));
        Assert.Equal((expected.Precision, expected.Recall), (Number("precision"), Number("recall")));
        Assert.Equal((expected.Density, expected.Coverage), (Number("density"), Number("coverage")));
        Assert.Equal((training.Memorised, training.MemorisedReference), (Number("memorised"), Number("memorised_reference")));
        Assert.Equal((training.Generated, training.Reference), (Summary("generated"), Summary("reference")));
        JsonElement[] nearest = [.. run.Json.GetProperty("nearest_training").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 40), nearest.Select(row => row.GetProperty("row").GetInt32()));
        Assert.Equal(training.Nearest.Select(row => row.Row), nearest.Select(row => row.GetProperty("training_row").GetInt32()));
        Assert.Equal(training.Nearest.Select(row => row.Cosine), nearest.Select(row => row.GetProperty("cosine").GetDouble()));
        Assert.Equal(["model", "resize"], MeasureVerbTests.Nulls(run.Json));

        double Number(string key) => run.Json.GetProperty(key).GetDouble();
        CosineSummary Summary(string side)
        {
            JsonElement cosines = run.Json.GetProperty($"nearest_training_{side}");
            return new(cosines.GetProperty("median").GetDouble(), cosines.GetProperty("max").GetDouble());
        }
    }

    [Fact]
    public void What_has_no_meaning_is_null()
    {
        using var folder = new TemporaryFolder();
        CommandLineRun run = CommandLineRun.Of("fidelity", Save(folder, "x.npy", 1, 4, 0), Save(folder, "y.npy", 2, 9, 0), "--json");
        Assert.Equal(Keys, run.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(["recall", "model", "resize", .. TrainingKeys], MeasureVerbTests.Nulls(run.Json));
        run = CommandLineRun.Of("fidelity", Save(folder, "x.npy", 1, 2, 0), Save(folder, "y.npy", 2, 2, 0), "--json");
        string[] few = ["kernel_distance_error", "precision", "recall", "density", "coverage", "model", "resize", .. TrainingKeys];
        Assert.Equal(few, MeasureVerbTests.Nulls(run.Json));
    }

    [Fact]
    public void Without_json_a_table_says_what_few_rows_do()
    {
        using var folder = new TemporaryFolder();
        string x = Save(folder, "x.npy", 1, 40, 0.5), y = Save(folder, "y.npy", 2, 2048, 0);
        CommandLineRun run = CommandLineRun.Of("fidelity", x, y, "--training", y);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
        foreach (string part in (string[])["40 x 6", "2048 x 6", "±", "k = 5", "memorised", "training, reference"])
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.Contains("biased upwards: prefer the kernel distances", Words(run), StringComparison.Ordinal);
        run = CommandLineRun.Of("fidelity", y, y);
        Assert.DoesNotContain("biased", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("memorised", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_are_embedded_as_embed_does_it_without_the_sheet()
    {
        using var folder = new TemporaryFolder();
        SavePictures(folder, "generated", 1, 7);
        SavePictures(folder, "real", 2, 8);
        File.Copy(folder["generated/0000.png"], folder["generated/sheet.png"]);
        CommandLineRun run = CommandLineRun.Of("fidelity", folder["generated"], folder["real"], "--json");
        Assert.Equal(8, run.Json.GetProperty("generated_rows").GetInt32());
        File.WriteAllText(folder["generated/generate.json"], "{}");
        run = CommandLineRun.Of("fidelity", folder["generated"], folder["real"], "--training", folder["real"], "--json");
        Assert.Equal(0, run.ExitCode);
        foreach ((string key, int rows) in new[] { ("generated_rows", 7), ("reference_rows", 8), ("training_rows", 8) })
            Assert.Equal(rows, run.Json.GetProperty(key).GetInt32());
        Assert.Equal("icon-clip", run.Json.GetProperty("model").GetString());
        Assert.Equal("short side to 64 by bicubic with antialiasing, centre crop", run.Json.GetProperty("resize").GetString());
        JsonElement last = run.Json.GetProperty("nearest_training")[6];
        Assert.Equal("0006.png", last.GetProperty("picture").GetString());
        Assert.Equal($"{last.GetProperty("training_row").GetInt32():0000}.png", last.GetProperty("training_picture").GetString());
        Assert.Equal(1, run.Json.GetProperty("nearest_training_reference").GetProperty("median").GetDouble(), 1e-6);

        // The same as features, and mixed with pictures.
        string[] embed = ["embed", "--model", "icon-clip", "--images", folder["generated"], "--out", folder["set"], "--dtype", "float32"];
        Assert.Equal(0, CommandLineRun.Of(embed).ExitCode);
        JsonElement mixed = CommandLineRun.Of("fidelity", folder["set"], folder["real"], "--json").Json;
        foreach (string key in (string[])["frechet", "kernel_distance", "cmmd", "precision", "coverage"])
            Assert.Equal(run.Json.GetProperty(key).GetDouble(), mixed.GetProperty(key).GetDouble(), 1e-5);
        Assert.Equal("icon-clip", mixed.GetProperty("model").GetString());
        Assert.Equal(7, FeatureFile.ReadRows(folder["set"], Modality.Image).Rows);
        string words = Words(CommandLineRun.Of("fidelity", folder["generated"], folder["real"]));
        Assert.Contains("Pictures by icon-clip: short side to 64", words, StringComparison.Ordinal);
        Refused("widths", "cannot compare", folder["generated"], Save(folder, "y.npy", 2, 9, 0), "192", "6");
        SavePictures(folder, "one", 3, 1);
        Refused("one picture", "it has 1 picture; expected at least 2", folder["real"], folder["one"], "one");
        File.WriteAllText(folder["real/0003.png"], "no picture");
        Refused("a bad picture", "cannot decode '0003.png'", folder["generated"], folder["real"]);
    }

    [Fact]
    public void Input_that_cannot_be_used_is_one_line_and_exit_1()
    {
        using var folder = new TemporaryFolder();
        string good = Save(folder, "good.npy", 1, 10, 0), one = Save(folder, "one.npy", 1, 1, 0);
        string wide = FeatureFiles.Save(folder, "wide.npy", FeatureFiles.Cloud(1, 10, 7, 0));
        Npy.Write(folder["nan.npy"], Tensor.From([1, 2, 3, 4, 5, 6, 1, 2, 3, float.NaN, 5, 6], 2, 6));
        Directory.CreateDirectory(folder["empty"]);
        Refused("missing", "there is no such file or folder", good, folder["missing"], "missing");
        Refused("empty folder", "it has no file that ends in .png", good, folder["empty"], "empty");
        Refused("widths", "rows of 6 values against rows of 7", good, wide, "good.npy", "wide.npy");
        Refused("NaN", "row 1, column 3 is NaN", folder["nan.npy"], good, "nan.npy");
        Refused("one row", "it has 1 row; expected at least 2", one, good, "one.npy");
        CommandLineRun run = CommandLineRun.Of("fidelity", good, good, "--training", wide, "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("wide.npy", run.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("five")]
    public void A_k_out_of_its_range_is_wrong_usage(string k)
    {
        CommandLineRun run = CommandLineRun.Of("fidelity", "x.npy", "y.npy", "--k", k);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("--k: expected a whole number from 1 to 1000", run.Error, StringComparison.Ordinal);
    }

    private static void Refused(string what, string expected, string generated, string reference, params string[] parts)
    {
        CommandLineRun run = CommandLineRun.Of("fidelity", generated, reference, "--json");
        Assert.True((run.ExitCode, run.Output) == (1, ""), what);
        string line = run.Error.TrimEnd().Split('\n')[^1];
        Assert.StartsWith("csalign: ", line, StringComparison.Ordinal);
        Assert.All([expected, .. parts], part => Assert.Contains(part, line, StringComparison.Ordinal));
    }

    private static string Words(CommandLineRun run) =>
        string.Join(' ', run.Output.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));

    private static Tensor Read(string path) => FeatureFile.ReadRows(path, Modality.Image);

    private static string Save(TemporaryFolder folder, string name, ulong seed, int rows, double centre) =>
        FeatureFiles.Save(folder, name, FeatureFiles.Cloud(seed, rows, 6, centre));

    // Noise of any shape: what is no square is cropped as the model asks.
    private static void SavePictures(TemporaryFolder folder, string name, ulong seed, int count)
    {
        const int Height = 40;
        Directory.CreateDirectory(folder[name]);
        var random = new RandomGenerator(seed);
        for (int i = 0; i < count; i++)
        {
            int width = Height + (7 * i);
            byte[] rgb = [.. Enumerable.Range(0, Height * width * 3).Select(at => (byte)(at / 60 % (i + 2) > 0 ? 255 : random.Next(256)))];
            File.WriteAllBytes(folder[$"{name}/{i:0000}.png"], PngFile.Encode(rgb, width, Height));
        }
    }
}
