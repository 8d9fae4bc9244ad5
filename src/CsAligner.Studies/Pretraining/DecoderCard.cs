using System.Globalization;
using System.Text;
using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Generation;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Fidelity;
using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Reports.Drawing;
using CsAligner.Retrieval;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Pretraining;

/// <summary>
/// The README.md and sheet.png of a trained decoder: what it is, what it was trained on, and what it makes of icons that nothing was
/// trained on. Pictures are made from embeddings of pictures; no text is read.
/// </summary>
internal static class DecoderCard
{
    private const string SheetFile = "sheet.png";

    // This many pictures are made from each test set, and compared with its remaining pictures.
    private const int Made = 250, Asked = 100, OnSheet = 16;

    public static void Write(
        string folder, DecoderRun run, ConditionedIcons training, IconTestSets tests, ClipEmbedder embedder, CancellationToken cancellation)
    {
        var decoder = DiffusionDecoder.Load(folder);
        var options = new GenerationOptions();
        var sheet = new PictureSheet(OnSheet, decoder.Config.ImageSize);
        var rows = new StringBuilder();
        foreach (var (name, icons, indices) in tests.Selections)
            rows.Append(Row(name, icons, indices, decoder, options, embedder, sheet, cancellation));
        AtomicFile.WriteAllBytes(Path.Combine(folder, SheetFile), sheet.ToPng());

        var recipe = run.Recipe;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            ---
            license: apache-2.0
            tags: [unclip, diffusion, icons]
            ---
            # {recipe.Name}

            A small unCLIP decoder for icons: {decoder.ParameterCount:N0} parameters, pictures of {recipe.ImageSize} x {recipe.ImageSize} pixels from image embeddings of {NamedModel.Clip}. It is a diffusion transformer on pixels (patches of {recipe.PatchSize}, width {recipe.Width}, {recipe.Layers} layers), trained from scratch by `csalign pretrain recipes/{recipe.Name}.json` on {run.Trainer.Samples:N0} pictures (an epoch has {run.Trainer.PerEpoch:N0}). It has never seen a text: words work only through an adapter that moves their embeddings to those of pictures. The weights are float16, averaged over training with decay {recipe.EmaDecays[0]}.

            ![icons of the test sets, and below each the picture made from its embedding]({SheetFile})

            The sheet shows icons of each test set in the order of the table, and below each the picture made from its embedding.

            ## Evaluation

            {Made} icons of each test set are embedded, and a picture is made from each embedding: {options.Steps} steps of {Generation.Diffusion.Samplers.Default}, guidance {options.Guidance}, seed {options.Seed}. "Own nearest" is the share of the first {Asked} whose own embedding is the nearest of the {Asked} to the picture made from it (by chance 1 in {Asked}). Distances are those of the {Made} to the other pictures of the set, in {NamedModel.Clip}'s space; with so few pictures the Fréchet distance is too large, and comparable only between sets of the same size.

            | test set | own nearest | Fréchet distance | kernel distance | its error | precision | recall |
            |---|---|---|---|---|---|---|
            {rows}
            ## Training

            | samples | loss | Fréchet distance, validation | own nearest of {DecoderPreview.MostPictures}, validation |
            |---|---|---|---|

            """);
        foreach (var line in run.Progress)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {line.Samples:N0} | {line.Loss:f4} | {line.Frechet:f4} | {NumberText.Percent(line.OwnNearest)} |\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            ## Training data

            {training.Count:N0} icons of the pretraining and alignment splits of icon-clip's data; coloured icons occur {recipe.ColouredRepeats} times an epoch. Whole sets are reserved for validation and for the tests, and icons that look nearly the same as a test icon are excluded.

            | set | author | licence |
            |---|---|---|

            """);
        foreach (var set in training.Sets.SelectMany(s => s.Sets))
            text.Append(CultureInfo.InvariantCulture, $"| [{set.Title}]({set.Url}) | {set.Author.Replace('|', '/')} | {set.Licence} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\n## Recipe\n\n```json\n{recipe.ToJson()}\n```\n");
        AtomicFile.WriteAllText(Path.Combine(folder, "README.md"), WrittenBy.Sign(text.ToString()));
    }

    private static string Row(
        string name, IconDataset icons, int[] indices, DiffusionDecoder decoder, GenerationOptions options, ClipEmbedder embedder,
        PictureSheet sheet, CancellationToken cancellation)
    {
        int made = Math.Min(Made, indices.Length / 2), asked = Math.Min(Asked, made);
        var real = embedder.EmbedImages(indices.Length, (i, rgb) => icons.GetImage(indices[i], rgb), cancellation: cancellation);
        var pictures = new byte[made][];
        new PictureGenerator(decoder, options).Run(
            FeatureRows.Range(real, 0, made), (i, rgb) => pictures[i] = rgb, cancellation: cancellation);
        var features = embedder.EmbedImages(made, (i, rgb) => pictures[i].CopyTo(rgb), cancellation: cancellation);

        for (int i = 0; i < OnSheet; i++)
        {
            var rgb = new byte[pictures[i].Length];
            icons.GetImage(indices[i], rgb);
            sheet.Add(rgb);
        }

        for (int i = 0; i < OnSheet; i++) sheet.Add(pictures[i]);

        var nearest = ExactSearch.TopK(FeatureRows.Range(features, 0, asked), FeatureRows.Range(real, 0, asked), 1);
        double own = Enumerable.Range(0, asked).Count(i => nearest.Rows(i)[0] == i) / (double)asked;
        var measures = FidelityEvaluator.Measure(features, FeatureRows.Range(real, made, indices.Length), cancellation: cancellation);
        string[] cells =
        [
            name,
            NumberText.Percent(own),
            NumberText.Value(measures.Frechet),
            NumberText.Fixed(1e4 * measures.KernelDistance, 2) + "e-4",
            NumberText.Fixed(1e4 * (measures.KernelDistanceError ?? double.NaN), 2) + "e-4",
            NumberText.Value(measures.Precision ?? double.NaN),
            NumberText.Value(measures.Recall ?? double.NaN),
        ];
        return $"| {string.Join(" | ", cells)} |\n";
    }
}
