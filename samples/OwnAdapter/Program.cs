// An adapter of one's own: trained, saved, and loaded again.
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Training;
using OwnAdapter;

// Pairs of rows that mean the same, in dimensions that one side stretches.
const int Pairs = 400, Width = 16;
var random = new RandomGenerator(1);
Tensor images = new(Pairs, Width), texts = new(Pairs, Width);
for (int i = 0; i < images.Length; i++)
{
    double meaning = random.NextNormal();
    images.Span[i] = (float)(meaning + (0.3 * random.NextNormal()));
    texts.Span[i] = (float)((meaning + (0.3 * random.NextNormal())) * (1 + (i % Width)));
}

string folder = Directory.CreateTempSubdirectory("own-adapter").FullName;
try
{
    string path = Path.Combine(folder, "text-adapter.safetensors");

    // kinds begins
    var kinds = AdapterKinds.BuiltIn.With(ScaleAdapter.Definition);
    var adapter = new AdapterOptions { Kind = "scale", Kinds = kinds };
    var options = new AlignmentOptions { Train = TrainedSide.Text, Adapter = adapter, LearningRate = 0.05 };
    var result = new AlignmentTrainer(options, new AlignmentData(images, texts)).Run();
    result.Text.Save(path);
    var loaded = Adapter.Load(path, kinds);
    // kinds ends

    Tensor applied = loaded.Apply(texts);
    bool same = applied.Span.SequenceEqual(result.Text.Apply(texts).Span);
    double before = Retrieval(texts), after = Retrieval(applied);
    Console.WriteLine($"'{loaded.Kind}' with {loaded.ParameterCount} values: image R@1 {before:f3} before, {after:f3} after");
    Console.WriteLine(same ? "loaded, it gives the same bits" : "loaded, it gives other values");
    return same && after > before ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

double Retrieval(Tensor rows) => Evaluator.Evaluate(images, rows).TextToImage.RecallAt1;
