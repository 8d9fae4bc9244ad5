using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Benchmarks.Objective;

/// <summary>What it costs to write the objective as a term of one's own, beside the library's terms and what fuses them.</summary>
internal static class OwnObjectiveBenchmark
{
    private const int Dim = 768;
    private const double Sigma = 0.5, Lambda = 0.35, Temperature = 0.05;

    public static int Run(string[] arguments)
    {
        int rounds = 7;
        if (arguments.Length > 0 && !(arguments is ["--rounds", { } given] && int.TryParse(given, out rounds) && rounds > 0))
        {
            Console.Error.WriteLine($"own-objective: expected [--rounds N], got '{string.Join(' ', arguments)}'");
            return 2;
        }

        var text = new StringBuilder();
        text.Append("# An objective of one's own, forward and backward\n\n");
        text.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- own-objective`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - CsAligner {WrittenBy.Program.Split(' ')[1]}, {Compute.Simd}, {Compute.Threads} threads

            D_CS + {Lambda} InfoNCE of B pairs of unit rows, D = {Dim}, sigma = {Sigma}, tau = {Temperature}, with gradients to both sides, in one process in turn after a warm-up; medians of {rounds} rounds, and medians of the rounds' ratios to the library's terms one by one.

            "Terms" are the library's two, each by itself and added up; "fused" is what they become when an objective has both: one product for kernel and logits. "Own" is a term of an application that adds up the public operations `CauchySchwarz` and `InfoNceLoss`; "own, products" one written from `MatMul`, `Exp`, `Log`, `Mean` and `CrossEntropy`, which keeps some ten matrices of B x B. All four agree to 1e-5.

            | B | terms | fused | ratio | own | ratio | own, products | ratio |
            |--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (int batch in (int[])[1024, 4096]) text.Append(Row(batch, rounds));
        AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "own-objective.md"), text.ToString());
        Console.Write(text);
        return 0;
    }

    private static string Row(int batch, int rounds)
    {
        var (x, y) = ObjectiveInputs.Synthetic(batch, Dim);
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        var inputs = new TermInputs(x, y, batch, Sigma, InfoNce.LogitScale(Temperature));
        var fused = new CsAlignerObjective { Bandwidth = Sigma, Temperature = Temperature, InfoNceWeight = Lambda };
        Func<Tape, Tensor>[] forms =
        [
            tape => tape.Add(ObjectiveTerms.CauchySchwarz.Forward(tape, inputs),
                tape.Scale(ObjectiveTerms.InfoNce.Forward(tape, inputs), (float)Lambda)),
            tape => fused.Forward(tape, x, y).Loss,
            tape => new OwnObjectiveTerm(Lambda, elementary: false).Forward(tape, inputs),
            tape => new OwnObjectiveTerm(Lambda, elementary: true).Forward(tape, inputs),
        ];
        double expected = Call(forms[0]).Value;
        foreach (var form in forms)
        {
            double value = Call(form).Value;
            if (Math.Abs(value - expected) > 1e-5 * Math.Abs(expected))
                throw new InvalidOperationException($"{batch}: the loss is {value}, of the library's terms {expected}.");
        }

        double[][] seconds = [.. forms.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that nobody always profits from what another left behind.
            for (int i = 0; i < forms.Length; i++)
            {
                int form = (i + round) % forms.Length;
                seconds[form][round] = Call(forms[form]).Seconds;
            }
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {batch:N0} | {Rounds.Median(seconds[0]):f3} s |");
        foreach (double[] form in seconds[1..])
            text.Append(CultureInfo.InvariantCulture, $" {Rounds.Median(form):f3} s | {Rounds.Ratio(form, seconds[0]):f2}x |");
        return text.Append('\n').ToString();

        (double Value, double Seconds) Call(Func<Tape, Tensor> form)
        {
            x.ZeroGrad();
            y.ZeroGrad();
            long start = Stopwatch.GetTimestamp();
            using var tape = new Tape();
            Tensor loss = form(tape);
            tape.Backward(loss);
            return (loss.Item, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }
}
