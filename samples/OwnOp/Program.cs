// An operation of one's own: checked against central differences, then used in training.
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Optimizers;
using OwnOp;

var random = new RandomGenerator(1);

// check begins
var x = Tensor.Normal(random, 1, 3, 5);
GradientCheck.Run(tape => tape.Softplus(x), [x]).ThrowIfFailed();
// check ends

// Logistic regression: the loss is softplus(-label * logit), its mean over the rows.
const int Rows = 200, Width = 4;
Tensor rows = Tensor.Normal(random, 1, Rows, Width), truth = Tensor.From([2, -1, 0.5f, 1], 1, Width), minusLabels = new(Rows, 1);
using (var tape = Tape.Inference())
{
    var logits = tape.Linear(rows, truth);
    for (int i = 0; i < Rows; i++) minusLabels.Span[i] = -MathF.CopySign(1, logits.Span[i]);
}

var weights = new Tensor(1, Width) { RequiresGrad = true };
var optimizer = new AdamW([("weights", weights)]);
float first = 0, last = 0;
for (int step = 0; step < 200; step++)
{
    using var tape = new Tape();
    var loss = Loss(tape, weights);
    last = loss.Item;
    if (step == 0) first = last;
    tape.Backward(loss);
    optimizer.Step(learningRate: 0.05);
}

Console.WriteLine(
    $"loss {first:f3} at first, {last:f3} after 200 steps; weights {string.Join(' ', weights.Span.ToArray().Select(w => $"{w:f2}"))}");

// What was trained goes into a file and comes back; the operation is code, and needs none.
string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
Npy.Write(path, weights);
using var inference = Tape.Inference();
float kept = Loss(inference, weights).Item, read = Loss(inference, Npy.ReadTensor(path)).Item;
File.Delete(path);
Console.WriteLine($"loss {kept:f3} by the weights, {read:f3} by those of the file");
return last < 0.3 * first && kept == read ? 0 : 1;

Tensor Loss(Tape tape, Tensor w) => tape.Mean(tape.Softplus(tape.Mul(tape.Linear(rows, w), minusLabels)));
