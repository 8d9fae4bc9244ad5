// A divergence of one's own in the place of Cauchy-Schwarz: written from public parts, trained beside InfoNCE.
using CsAligner.Evaluation;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Training;
using OwnObjective;

// Pairs of rows that mean the same, in two clouds that lie apart.
const int Pairs = 600, Width = 32;
var random = new RandomGenerator(1);
Tensor images = new(Pairs, Width), texts = new(Pairs, Width);
for (int i = 0; i < images.Length; i++)
{
    double meaning = random.NextNormal();
    images.Span[i] = (float)(meaning + (0.5 * random.NextNormal()) + 1);
    texts.Span[i] = (float)(meaning + (0.5 * random.NextNormal()) - 1);
}

var objective = AlignmentObjective.Of(new JensenRenyiTerm(), ObjectiveTerms.InfoNce);
var result = new AlignmentTrainer(new AlignmentOptions { Objective = objective, Epochs = 20 }, new AlignmentData(images, texts)).Run();

var before = Evaluator.Evaluate(images, texts);
var after = Evaluator.Evaluate(result.Image.Apply(images), result.Text.Apply(texts));
Console.WriteLine($"objective {objective}");
Console.WriteLine($"D_CS {before.Distributions.CsDivergenceOffDiagonal:f3} before, {after.Distributions.CsDivergenceOffDiagonal:f3} after");
Console.WriteLine($"text to image R@1 {before.TextToImage.RecallAt1:f3} before, {after.TextToImage.RecallAt1:f3} after");
return after.Distributions.CsDivergenceOffDiagonal < before.Distributions.CsDivergenceOffDiagonal ? 0 : 1;
