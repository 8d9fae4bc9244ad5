using System.Globalization;
using System.Text;
using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Models;
using CsAligner.Reports.Drawing;
using CsAligner.Studies.Icons;
using CsAligner.Training;

namespace CsAligner.Studies.Pretraining;

/// <summary>The README.md of a pretrained model: what it is, what it was trained on, and what it can do on held-out icons.</summary>
internal static class ModelCard
{
    /// <summary>Measures the model on every test set and writes the card's text.</summary>
    public static string Write(PretrainRecipe recipe, long parameters, IconDataset trained, IconTestSets tests, ClipEmbedder embedder,
        CancellationToken cancellation)
    {
        var seen = SeenCaptions.Of(trained);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            ---
            license: apache-2.0
            tags: [clip, icons]
            ---
            # {recipe.Name}

            A small CLIP for icons and their names: {parameters:N0} parameters, images of {recipe.ImageSize} x {recipe.ImageSize} pixels, features of width {recipe.ProjectionWidth}. It was trained from scratch by `csalign pretrain recipes/{recipe.Name}.json` with InfoNCE alone, so it has a modality gap like any CLIP. It stands in for large encoders where those are not available, and it knows only icons. The files follow Hugging Face's CLIP layout; weights are float16.

            ## Evaluation

            {IconTestSets.MostIcons:N0} icons of a test set (all, where there are fewer), each with a name of its own; a query is a name, the candidates are all icons of the set. "Seen" are names that occur in training under another icon, "unseen" those that do not. D_CS is off-diagonal, at within*0.35.

            | test set | icons | R@1 text to image | R@10 text to image | R@10 image to text | R@10, seen names | R@10, unseen names | centroid gap | D_CS | sigma |
            |---|---|---|---|---|---|---|---|---|---|

            """);
        foreach (var test in tests.Embed(embedder, cancellation)) text.Append(Row(test, seen));
        text.Append(CultureInfo.InvariantCulture, $"""

            ## Training data

            {trained.Count:N0} icons of {trained.Sets.Count} sets, {(long)recipe.Steps * recipe.BatchSize:N0} pairs seen in {recipe.Steps:N0} steps of {recipe.BatchSize}. Excluded: {trained.DroppedNewNames:N0} icons with a name reserved for the test on new names, {trained.DroppedNearDuplicates.Count:N0} that look nearly the same as a test icon (cosine above {IconManifest.Default.NearDuplicateCosine}), {trained.Broken.Count:N0} that could not be rendered. Splits consist of whole sets and were fixed before training. The model has not seen the alignment and validation sets either, on which adapters are trained and chosen.

            | set | author | licence |
            |---|---|---|

            """);
        foreach (var set in trained.Sets)
            text.Append(CultureInfo.InvariantCulture, $"| [{set.Title}]({set.Url}) | {set.Author.Replace('|', '/')} | {set.Licence} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\n## Recipe\n\n```json\n{recipe.ToJson()}\n```\n");
        return text.ToString();
    }

    private static string Row(IconPairs test, SeenCaptions seen)
    {
        var measures = Evaluator.Evaluate(test.Images, test.Texts);
        var names = NameRecall.Of(test, test.Images, test.Texts, seen);
        string[] cells =
        [
            test.Name,
            NumberText.Count(test.Count),
            NumberText.Percent(measures.TextToImage.RecallAt1),
            NumberText.Percent(measures.TextToImage.RecallAt10),
            NumberText.Percent(measures.ImageToText.RecallAt10),
            Cell(names.SeenCount, names.Seen),
            Cell(names.UnseenCount, names.Unseen),
            NumberText.Value(measures.Distributions.CentroidGap),
            NumberText.Value(measures.Distributions.CsDivergenceOffDiagonal ?? double.NaN),
            NumberText.Value(measures.Distributions.Bandwidth),
        ];
        return $"| {string.Join(" | ", cells)} |\n";

        static string Cell(int count, RetrievalMeasures? recall) =>
            recall is null ? "none" : $"{NumberText.Percent(recall.RecallAt10)} ({count:N0})";
    }
}
