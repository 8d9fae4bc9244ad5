using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>Runs what of a sweep is not done yet, one cell under one seed after the other.</summary>
internal sealed class SweepRun(IStudySession session, SweepRecipe recipe, string folder, string features)
{
    private const string ResultsFile = "results.csv";
    private const string RecipeFile = "recipe.json";
    private const string CheckpointPrefix = "checkpoint-";

    /// <summary>All results, those of earlier calls included.</summary>
    public IReadOnlyList<SweepResult> Run()
    {
        AtomicFile.CleanFolder(folder);
        Claim();
        string path = Path.Combine(folder, ResultsFile);
        var results = SweepFile.Read(path);
        (SweepCell Cell, ulong Seed)[] runs = [.. recipe.Seeds.SelectMany(seed => recipe.Cells.Select(cell => (cell, seed)))];
        (SweepCell Cell, ulong Seed)[] left = [.. runs.Where(run => !results.Exists(r => r.Cell == run.Cell.Name && r.Seed == run.Seed))];
        foreach (string checkpoint in Directory.GetFiles(folder, CheckpointPrefix + "*"))
            if (left.Length == 0 || checkpoint != Checkpoint(left[0].Cell, left[0].Seed)) File.Delete(checkpoint);
        if (left.Length == 0) return results;
        if (left.Length < runs.Length) session.Say($"{runs.Length - left.Length} of {runs.Length} runs are already done: continuing");
        using var embedded = recipe.Data.Model is null ? null : SweepData.Open(session, recipe.Data, features);
        (Tensor Images, Tensor Texts)? given = recipe.Data.Model is null ? Given() : null;
        session.WithProgress(
            "runs",
            left.Length,
            progress =>
            {
                for (int i = 0; i < left.Length; i++)
                {
                    var (cell, seed) = left[i];
                    session.Cancellation.ThrowIfCancellationRequested();
                    string checkpoint = Checkpoint(cell, seed);
                    results.AddRange(embedded is null
                        ? Folds(cell, seed, given!.Value.Images, given.Value.Texts)
                        : Embedded(cell, seed, embedded, checkpoint));
                    SweepFile.Write(path, results);
                    File.Delete(checkpoint);
                    progress.Report(i + 1, $"{cell.Name}, seed {seed}");
                }
            },
            "runs");
        return results;
    }

    // One that a kill has left behind belongs to its run and to no other.
    private string Checkpoint(SweepCell cell, ulong seed) =>
        Path.Combine(folder, $"{CheckpointPrefix}{recipe.Cells.TakeWhile(c => c != cell).Count()}-{seed}.safetensors");

    private (Tensor Images, Tensor Texts) Given()
    {
        ShardPairing.CheckRowForRow(recipe.Data.Images!, recipe.Data.Texts!);
        Tensor images = FeatureFile.ReadRows(recipe.Data.Images!, Modality.Image),
            texts = FeatureFile.ReadRows(recipe.Data.Texts!, Modality.Text);
        if (images.Rows != texts.Rows)
            throw new InputException($"{recipe.Path}: '{recipe.Data.Images}' has {images.Rows} rows and "
                + $"'{recipe.Data.Texts}' {texts.Rows}; row i must belong to row i");
        if (images.Rows < 4 * recipe.Data.Folds)
            throw new InputException($"{recipe.Path}: {images.Rows} rows are too few for {recipe.Data.Folds} folds");
        return (images, texts);
    }

    // Results of one recipe must not mix with those of another; its texts may change.
    private void Claim()
    {
        string path = Path.Combine(folder, RecipeFile);
        if (File.Exists(path) && File.Exists(Path.Combine(folder, ResultsFile)) && SweepRecipe.Read(path).Computes != recipe.Computes)
            throw new InputException($"{folder}: has the results of another recipe, or of an older version of this one; give another "
                + $"--out, or remove {ResultsFile}");
        AtomicFile.WriteAllBytes(path, File.ReadAllBytes(recipe.Path));
    }

    private IEnumerable<SweepResult> Embedded(SweepCell cell, ulong seed, SweepData embedded, string checkpoint)
    {
        var (data, clip) = embedded.Training(cell, seed);
        var training = Train(cell, seed, data, checkpoint);
        return [.. embedded.Judge(cell, seed, training, clip)];
    }

    private List<SweepResult> Folds(SweepCell cell, ulong seed, Tensor images, Tensor texts)
    {
        int rows = images.Rows, folds = recipe.Data.Folds;
        var results = new List<SweepResult>();
        for (int fold = 0; fold < folds; fold++)
        {
            int[] test = [.. Enumerable.Range(0, rows).Where(r => (long)r * folds / rows == fold)];
            int[] rest = [.. Enumerable.Range(0, rows).Except(test)];
            int kept = Math.Max(2, (int)Math.Round(cell.PairsFraction * rest.Length));
            if (kept < rest.Length) new RandomGenerator(seed).Split(1000).Shuffle<int>(rest);
            int[] paired = rest[..kept], others = cell.UnpairedRest ? rest[kept..] : [];
            var data = new AlignmentData(FeatureRows.Take(images, paired), FeatureRows.Take(texts, paired))
            {
                UnpairedImages = others.Length > 0 ? FeatureRows.Take(images, others) : null,
                UnpairedTexts = others.Length > 0 ? FeatureRows.Take(texts, others) : null,
            };
            var training = Train(cell, seed, data, null);
            var measures =
                Evaluator.Evaluate(training.Result.Image.Apply(FeatureRows.Take(images, test)),
                    training.Result.Text.Apply(FeatureRows.Take(texts, test)));
            results.Add(SweepResult.Of(cell, seed, $"mean of {folds} folds", measures, training));
        }

        return [SweepResult.Mean(results)];
    }

    private SweepTraining Train(SweepCell cell, ulong seed, AlignmentData data, string? checkpoint)
    {
        PeakMemory.Reset();
        long start = session.Time.GetTimestamp();
        var options = cell.Options with { Seed = seed };
        if (cell.AutomaticBandwidth || cell.AutomaticLambda)
            options = new AutomaticChoice(options, data).Choose(cell.AutomaticBandwidth, cell.AutomaticLambda, null,
                session.Cancellation).Options;
        var result = new AlignmentTrainer(options, data).Run(checkpoint, resume: true, null, session.Cancellation);
        return new SweepTraining(options, result, session.Time.GetElapsedTime(start).TotalSeconds, RunEnvironment.PeakBytes);
    }
}
