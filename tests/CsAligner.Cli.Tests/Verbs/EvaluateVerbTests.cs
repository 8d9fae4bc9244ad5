using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class EvaluateVerbTests
{
    private static readonly string[] RecallKeys = ["r1", "r5", "r10", "median_rank", "mean_rank"];

    [Fact]
    public void Every_key_has_the_value_of_its_definition()
    {
        using var folder = new TemporaryFolder();
        double[][] images = FeatureFiles.Cloud(1, 40, 2, 0.5);
        double[][] texts = FeatureFiles.Partner(2, images, 0.4, 0.3);
        CommandLineRun run = Run(folder, images, texts, "--bandwidth", "0.7", "--temperature", "0.1");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            ["image_to_text", "text_to_image", "mixed", "mutual_information_lower_bound", "temperature", .. MeasureVerbTests.Keys],
            run.Json.EnumerateObject().Select(property => property.Name));
        HasRanks(run.Json.GetProperty("image_to_text"),
            [.. images.Select((image, row) => NaiveMeasures.Rank(image, texts, text => text == row))]);
        HasRanks(run.Json.GetProperty("text_to_image"),
            [.. texts.Select((text, row) => NaiveMeasures.Rank(text, images, image => image == row))]);

        double forward =
            images.Select((image, row) => Loss(row, [.. texts.Select(text => NaiveMeasures.Cosine(image, text) / 0.1)])).Average();
        double backward =
            texts.Select((text, row) => Loss(row, [.. images.Select(image => NaiveMeasures.Cosine(image, text) / 0.1)])).Average();
        Assert.Equal(Math.Log(40) - ((forward + backward) / 2), run.Json.GetProperty("mutual_information_lower_bound").GetDouble(), 1e-5);

        JsonElement measured = CommandLineRun.Of("measure", folder["images.npy"], folder["texts.npy"], "--bandwidth", "0.7", "--json").Json;
        Assert.All(MeasureVerbTests.Keys,
            key => Assert.Equal(measured.GetProperty(key).GetRawText(), run.Json.GetProperty(key).GetRawText()));
    }

    [Fact]
    public void Many_captions_for_an_image_are_found_by_the_first_of_them()
    {
        using var folder = new TemporaryFolder();
        double[][] images = FeatureFiles.Cloud(3, 12, 8, 0.5);
        long[] pairs = [.. Enumerable.Range(0, 30).Select(text => (long)(text * 7 % 11))];
        double[][] texts = FeatureFiles.Partner(4, [.. pairs.Select(image => images[image])], 1.0, 0.3);
        Npy.Write(folder["pairs.npy"], pairs);
        CommandLineRun run = Run(folder, images, texts, "--pairs", folder["pairs.npy"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));

        // Image 11 has no caption and asks for none.
        HasRanks(run.Json.GetProperty("image_to_text"),
            [.. images[..11].Select((image, row) => NaiveMeasures.Rank(image, texts, text => pairs[text] == row))]);
        HasRanks(run.Json.GetProperty("text_to_image"),
            [.. texts.Select((text, row) => NaiveMeasures.Rank(text, images, image => image == pairs[row]))]);
        double expected = texts.Select((text, row) => NaiveMeasures.Cosine(text, images[pairs[row]])).Average();
        Assert.Equal(expected, run.Json.GetProperty("mean_cosine_pairs").GetDouble(), 1e-5);
        Assert.Equal(30, run.Json.GetProperty("rows_y").GetInt32());
    }

    [Fact]
    public void Ties_go_to_the_lower_row()
    {
        using var folder = new TemporaryFolder();
        double[][] same = [[1, 0], [1, 0], [1, 0], [0, 1]];
        CommandLineRun run = Run(folder, same, same, "--bandwidth", "1");
        HasRanks(run.Json.GetProperty("image_to_text"), [1, 2, 3, 1]);
        HasRanks(run.Json.GetProperty("text_to_image"), [1, 2, 3, 1]);
    }

    [Fact]
    public void Pairs_that_do_not_fit_are_refused()
    {
        using var folder = new TemporaryFolder();
        double[][] images = FeatureFiles.Cloud(1, 4, 3, 1);
        double[][] texts = FeatureFiles.Cloud(2, 5, 3, 1);
        CommandLineRun unpaired = Run(folder, images, texts);
        Assert.Equal(1, unpaired.ExitCode);
        Assert.Contains("need pairs", unpaired.ErrorLine);

        void Refused(string expected)
        {
            CommandLineRun run = Run(folder, images, texts, "--pairs", folder["pairs.npy"]);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains("pairs.npy", run.ErrorLine);
            Assert.Contains(expected, run.ErrorLine);
        }

        Refused("no such file");
        Npy.Write(folder["pairs.npy"], [0, 1, 2, 4, 0]);
        Refused("row 3");
        Npy.Write(folder["pairs.npy"], [0, -1, 2, 3, 0]);
        Refused("row 1");
        Npy.Write(folder["pairs.npy"], [0, 1, 2, 3]);
        Refused("5");
        Npy.Write(folder["pairs.npy"], Tensor.From([0f, 1, 2, 3, 0.5f], 5));
        Refused("row 4 is 0.5; expected whole numbers");
    }

    [Fact]
    public void Without_json_a_table_shows_both_directions()
    {
        using var folder = new TemporaryFolder();
        FeatureFiles.Save(folder, "a.npy", FeatureFiles.Cloud(1, 12, 3, 1));
        CommandLineRun run = CommandLineRun.Of("evaluate", "--images", folder["a.npy"], "--texts", folder["a.npy"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("image to text", run.Output);
        Assert.Contains("R@10", run.Output);
        Assert.Contains("sigma = ", run.Output);
    }

    [Fact]
    public void Coco_gives_the_recall_of_its_readme()
    {
        string shared = Environment.GetEnvironmentVariable("CSALIGN_SHARED") ?? "";
        Assert.SkipUnless(Directory.Exists(shared), "CSALIGN_SHARED does not name the folder of the measuring data");
        string folder = Path.Combine(shared, "data", "clip-coco500");
        JsonElement json =
            CommandLineRun.Of("evaluate", "--images", Path.Combine(folder, "images.npy"), "--texts", Path.Combine(folder, "texts.npy"),
                "--json").Json;
        Assert.Equal(0.552, json.GetProperty("image_to_text").GetProperty("r1").GetDouble(), 1e-12);
        Assert.Equal(0.506, json.GetProperty("text_to_image").GetProperty("r1").GetDouble(), 1e-12);
    }

    private static CommandLineRun Run(TemporaryFolder folder, double[][] images, double[][] texts, params string[] more) =>
        CommandLineRun.Of([
        "evaluate", "--images", FeatureFiles.Save(folder, "images.npy", images), "--texts", FeatureFiles.Save(folder, "texts.npy", texts),
        "--json", .. more]);

    private static double Loss(int own, double[] logits) => Math.Log(logits.Sum(logit => Math.Exp(logit - logits[own])));

    private static void HasRanks(JsonElement json, int[] ranks)
    {
        Assert.Equal(RecallKeys, json.EnumerateObject().Select(property => property.Name));
        double[] sorted = [.. ranks.Order().Select(rank => (double)rank)];
        Assert.Equal(ranks.Average(rank => rank <= 1 ? 1.0 : 0), json.GetProperty("r1").GetDouble(), 1e-12);
        Assert.Equal(ranks.Average(rank => rank <= 5 ? 1.0 : 0), json.GetProperty("r5").GetDouble(), 1e-12);
        Assert.Equal(ranks.Average(rank => rank <= 10 ? 1.0 : 0), json.GetProperty("r10").GetDouble(), 1e-12);
        Assert.Equal((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, json.GetProperty("median_rank").GetDouble(), 1e-12);
        Assert.Equal(ranks.Average(), json.GetProperty("mean_rank").GetDouble(), 1e-9);
    }
}
