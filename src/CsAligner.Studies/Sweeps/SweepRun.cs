using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Studies.Baselines;
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
        int[] tests = [.. Enumerable.Range(0, embedded.Tests)];
        if (cell.Rows.Own)
        {
            return [.. tests.SelectMany(test =>
            {
                var rows = embedded.OwnRows(cell, seed, test);
                return embedded.Judge(cell, seed, Run(cell, seed, rows, embedded.HeldOut(cell, seed, rows), null), null, test);
            })];
        }

        var (data, clip) = embedded.Training(cell, seed);
        var training = Run(cell, seed, data, embedded.HeldOut(cell, seed, data), checkpoint);
        return [.. tests.SelectMany(test => embedded.Judge(cell, seed, training, clip, test))];
    }

    private List<SweepResult> Folds(SweepCell cell, ulong seed, Tensor images, Tensor texts)
    {
        int rows = images.Rows, folds = recipe.Data.Folds;
        int[][] fold = [.. Enumerable.Range(0, rows).GroupBy(row => (int)((long)row * folds / rows)).Select(group => group.ToArray())];
        var results = new List<SweepResult>();
        for (int test = 0; test < folds; test++)
        {
            // A baseline's setting is chosen on the next fold; what it is fitted to for this leaves that fold out as well.
            int next = (test + 1) % folds;
            var data = Draw(cell.Rows.Own ? fold[test] : Without(test));
            var heldOut = cell.Baseline is null
                ? null
                : new HeldOutPairs(
                    Draw(cell.Rows.Own ? fold[next] : Without(test, next)), Take(images, fold[next]), Take(texts, fold[next]));
            var training = Run(cell, seed, data, heldOut, null);
            var measures =
                Evaluator.Evaluate(training.Images(Take(images, fold[test]), null), training.Texts(Take(texts, fold[test]), null));
            results.Add(SweepResult.Of(cell, seed, $"mean of {folds} folds", measures, training));
        }

        return [SweepResult.Mean(results)];

        int[] Without(params int[] left) => [.. fold.Where((_, number) => !left.Contains(number)).SelectMany(each => each)];

        AlignmentData Draw(int[] from) => cell.Rows.Draw(Take(images, from), Take(texts, from), seed).ToData();

        static Tensor Take(Tensor features, int[] chosen) => FeatureRows.Take(features, chosen);
    }

    private SweepTraining Run(SweepCell cell, ulong seed, AlignmentData data, HeldOutPairs? heldOut, string? checkpoint)
    {
        PeakMemory.Reset();
        long start = session.Time.GetTimestamp();
        var options = cell.Options with { Seed = seed };
        return cell.Baseline is { } baseline ? Fit() : Train();

        SweepTraining Train()
        {
            if (cell.AutomaticBandwidth || cell.AutomaticLambda)
                options = new AutomaticChoice(options, data).Choose(cell.AutomaticBandwidth, cell.AutomaticLambda, null,
                    session.Cancellation).Options;
            var result = new AlignmentTrainer(options, data).Run(checkpoint, resume: true, null, session.Cancellation);
            return new SweepTraining(options, (rows, tokens) => result.Image.Apply(rows, tokens),
                (rows, tokens) => result.Text.Apply(rows, tokens), result.TrainedParameters, Seconds(), RunEnvironment.PeakBytes);
        }

        SweepTraining Fit()
        {
            var fit = baseline.Fit(data);
            double setting = baseline.Settings.Count == 0 ? double.NaN
                : BaselineChoice.Of(
                    baseline, ReferenceEquals(heldOut!.Data, data) ? fit : baseline.Fit(heldOut.Data), heldOut.Images, heldOut.Texts);
            var maps = fit(setting);
            return new SweepTraining(
                options, (rows, _) => maps.Images(rows), (rows, _) => maps.Texts(rows), 0, Seconds(), RunEnvironment.PeakBytes)
            { Setting = setting };
        }

        double Seconds() => session.Time.GetElapsedTime(start).TotalSeconds;
    }
}
