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
        AlignmentResult? trained = null;
        if (method.Options is not null)
        {
            var pairs = new AlignmentData(_training.Images, _training.Texts)
            {
                ValidationImages = data.Validation.Images,
                ValidationTexts = data.Validation.Texts
            };
            trained = new AlignmentTrainer(method.Options, pairs).Run(cancellation: session.Cancellation);
            Trainings.Add(new DemoTraining(method, seed, trained));
        }

        foreach (var test in data.Tests)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            Tensor images = trained?.Image.Apply(test.Images) ?? test.Images;
            Tensor texts = trained?.Text.Apply(test.Texts) ?? test.Texts;
            string features = FeatureFolder(method, seed, test);
            AtomicFile.CreateFolder(features);
            Npy.Write(Path.Combine(features, "images.npy"), images);
            Npy.Write(Path.Combine(features, "texts.npy"), texts);
            Outcomes.Add(
                new DemoOutcome(method, seed, test, images, texts, Evaluator.Evaluate(images, texts),
                    NameRecall.Of(test, images, texts, SeenCaptions.Default)));
        }
    }

    private string FeatureFolder(DemoMethod method, ulong seed, IconPairs test)
        => Path.Combine(folder, "features", method.Key, $"seed-{seed}", test.Name.Replace(' ', '-'));
}
