using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Studies.Demo;

/// <summary>Trains every method under every seed, measures each on every test set, and keeps its features.</summary>
internal sealed class DemoRun(IStudySession session, DemoData data, string folder)
{
    private readonly (Tensor Images, Tensor Texts) _training = data.Alignment.ForTraining();

    public List<DemoOutcome> Outcomes { get; } = [];

    public List<DemoTraining> Trainings { get; } = [];

    public void Run(int seeds)
    {
        var runs = Enumerable.Range(0, seeds)
            .SelectMany(seed => DemoMethod.All((ulong)seed).Select(method => (Seed: (ulong)seed, Method: method))).ToArray();
        session.WithProgress("aligning", runs.Length, progress =>
        {
            for (int i = 0; i < runs.Length; i++)
            {
                progress.Report(i, $"{runs[i].Method.Name}, seed {runs[i].Seed}");
                Align(runs[i].Method, runs[i].Seed);
            }

            progress.Report(runs.Length);
        });
    }

    private void Align(DemoMethod method, ulong seed)
    {
        bool onTests = method.Rows == DemoRows.Own;
        AlignmentResult? trained = method.Options is null || onTests ? null : Train(method, seed, TrainingRows(method, seed));
        foreach (var test in data.Tests)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            var aligned = onTests ? Train(method, seed, OwnRows(test, seed)) : trained;
            Tensor images = aligned?.Image.Apply(test.Images) ?? test.Images;
            Tensor texts = aligned?.Text.Apply(test.Texts) ?? test.Texts;
            string features = FeatureFolder(method, seed, test);
            AtomicFile.CreateFolder(features);
            Npy.Write(Path.Combine(features, "images.npy"), images);
            Npy.Write(Path.Combine(features, "texts.npy"), texts);
            Outcomes.Add(
                new DemoOutcome(method, seed, test, images, texts, Evaluator.Evaluate(images, texts),
                    NameRecall.Of(test, images, texts, SeenCaptions.Default)));
        }
    }

    private AlignmentResult Train(DemoMethod method, ulong seed, AlignmentData rows)
    {
        var result = new AlignmentTrainer(method.Options!, rows).Run(cancellation: session.Cancellation);
        if (method.Rows != DemoRows.Own) Trainings.Add(new DemoTraining(method, seed, result));
        return result;
    }

    private AlignmentData TrainingRows(DemoMethod method, ulong seed)
    {
        if (method.Rows == DemoRows.Pairs)
        {
            return new AlignmentData(_training.Images, _training.Texts)
            {
                ValidationImages = data.Validation.Images,
                ValidationTexts = data.Validation.Texts,
            };
        }

        int[] order = Shuffled(data.Alignment.Count, seed);
        int half = order.Length / 2;
        return AlignmentData.WithoutPairs(
            FeatureRows.Take(data.Alignment.Images, [.. order.Take(half)]), FeatureRows.Take(data.Alignment.Texts, [.. order.Skip(half)]));
    }

    private static AlignmentData OwnRows(IconPairs test, ulong seed) =>
        AlignmentData.WithoutPairs(test.Images, FeatureRows.Take(test.Texts, Shuffled(test.Count, seed)));

    private static int[] Shuffled(int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new RandomGenerator(seed).Shuffle<int>(order);
        return order;
    }

    private string FeatureFolder(DemoMethod method, ulong seed, IconPairs test)
        => Path.Combine(folder, "features", method.Key, $"seed-{seed}", test.Name.Replace(' ', '-'));
}
