using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>The protocols of the field, held to their definition on plain arrays.</summary>
public sealed class EvaluateProtocolTests
{
    private const int Images = 5000, Captions = 5, Folds = 5, Width = 6;

    [Fact]
    public void Coco_1k_is_the_mean_over_five_folds_and_coco_5k_the_whole()
    {
        using var folder = new TemporaryFolder();
        double[][] images = FeatureFiles.Cloud(1, Images, Width, 0);
        // Captions in an order of their own: pairs.npy alone says whose they are.
        int[] pairs = [.. Enumerable.Range(0, Images * Captions).Select(text => text * 7919 % Images)];
        double[][] texts = FeatureFiles.Partner(2, [.. pairs.Select(image => images[image])], 0.35, 0.1);
        Save(folder, images, texts, pairs);
        JsonElement coarse = Run(folder, "coco-1k").Json, whole = Run(folder, "coco-5k").Json;

        (images, texts) = (NaiveMeasures.Normalise(images), NaiveMeasures.Normalise(texts));
        var folds = Enumerable.Range(0, Folds)
            .Select(fold => Recall(images, texts, pairs, fold * Images / Folds, (fold + 1) * Images / Folds)).ToArray();
        JsonElement[] found = [.. coarse.GetProperty("folds").EnumerateArray()];
        Assert.Equal((Folds, "coco-1k"), (found.Length, coarse.GetProperty("protocol").GetString()));
        for (int fold = 0; fold < Folds; fold++) Same(folds[fold], found[fold]);
        // Folds differ, so their order and their mean are seen.
        Assert.Equal(Folds, folds.Select(fold => fold[4]).Distinct().Count());
        Same([.. Enumerable.Range(0, folds[0].Length).Select(i => folds.Average(fold => fold[i]))], coarse);
        Same(Recall(images, texts, pairs, 0, Images), whole);
        Assert.Single(whole.GetProperty("folds").EnumerateArray());
        Assert.Equal(found.Average(fold => fold.GetProperty("mutual_information_lower_bound").GetDouble()),
            coarse.GetProperty("mutual_information_lower_bound").GetDouble(), 1e-12);
        Assert.Equal(whole.GetProperty("cs_divergence").GetDouble(), coarse.GetProperty("cs_divergence").GetDouble());

        CommandLineRun table = CommandLineRun.Of(Arguments(folder, "coco-1k"));
        Assert.Contains("mean of 5 folds", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_not_those_of_the_protocol_are_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        double[][] images = FeatureFiles.Cloud(1, 1000, 2, 0), texts = FeatureFiles.Cloud(2, 5000, 2, 0);
        int[] pairs = [.. Enumerable.Range(0, 5000).Select(text => text / Captions)];
        Save(folder, images, texts, pairs);
        Assert.Equal(0, Run(folder, "flickr30k-1k").ExitCode);
        Refused(1, "coco-1k needs 5000 images with 5 captions each, 25000 texts; got 1000 images and 5000 texts", "coco-1k");
        Refused(2, "expected one of flickr30k-1k, flickr8k-1k, coco-5k, coco-1k, got 'coco'", "coco");
        pairs[0] = 7;
        Save(folder, images, texts, pairs);
        Refused(1, "5 captions per image, but image 0 has 4", "flickr30k-1k");
        Save(folder, images[..999], texts[..4995], [.. pairs[1..4996].Select(image => Math.Min(image, 998))]);
        Refused(1, "got 999 images and 4995 texts", "flickr30k-1k");

        void Refused(int code, string expected, string protocol)
        {
            CommandLineRun run = Run(folder, protocol);
            Assert.Equal((code, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, code == 1 ? run.ErrorLine : run.Error, StringComparison.Ordinal);
        }
    }

    // R@1, R@5, R@10, median and mean rank of images [first, end) among their texts, and the other way round.
    private static double[] Recall(double[][] images, double[][] texts, int[] pairs, int first, int end)
    {
        int[] rows = [.. Enumerable.Range(0, pairs.Length).Where(text => pairs[text] >= first && pairs[text] < end)];
        int[] toText = new int[end - first], toImage = new int[rows.Length];
        Parallel.For(first, end, image =>
        {
            double[] scores = [.. rows.Select(text => Dot(images[image], texts[text]))];
            toText[image - first] = Enumerable.Range(0, rows.Length).Where(i => pairs[rows[i]] == image)
                .Min(i => 1 + scores.Count(score => score > scores[i]));
        });
        Parallel.For(0, rows.Length, i =>
        {
            double own = Dot(images[pairs[rows[i]]], texts[rows[i]]);
            for (int image = first; image < end; image++) toImage[i] += Dot(images[image], texts[rows[i]]) > own ? 1 : 0;
            toImage[i]++;
        });
        return [.. Summary(toText), .. Summary(toImage)];
    }

    private static double[] Summary(int[] ranks)
    {
        int[] sorted = [.. ranks.Order()];
        return [.. new[] { 1, 5, 10 }.Select(k => ranks.Average(rank => rank <= k ? 1.0 : 0)),
            (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2.0, ranks.Average()];
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    // Rounding to float32 may swap neighbours among millions of scores: a rank or two of 25,000.
    private static void Same(double[] expected, JsonElement json)
    {
        double[] found =
            [.. new[] { "image_to_text",
                "text_to_image" }.SelectMany(way =>
                    new[] { "r1", "r5", "r10", "median_rank",
                        "mean_rank" }.Select(key => json.GetProperty(way).GetProperty(key).GetDouble()))];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Equal(expected[i], found[i], i % 5 < 3 ? 5e-4 : 1e-2);
    }

    private static void Save(TemporaryFolder folder, double[][] images, double[][] texts, int[] pairs)
    {
        FeatureFiles.Save(folder, "images.npy", images);
        FeatureFiles.Save(folder, "texts.npy", texts);
        Npy.Write(folder["pairs.npy"], [.. pairs.Select(image => (long)image)]);
    }

    private static string[] Arguments(TemporaryFolder folder, string protocol) =>
        ["evaluate", "--images", folder["images.npy"], "--texts", folder["texts.npy"], "--pairs", folder["pairs.npy"], "--protocol",
            protocol, "--estimator", "nystrom"];

    private static CommandLineRun Run(TemporaryFolder folder, string protocol) =>
        CommandLineRun.Of([.. Arguments(folder, protocol), "--json"]);
}
