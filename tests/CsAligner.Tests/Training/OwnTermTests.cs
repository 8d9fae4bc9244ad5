using System.Text.Json;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>Terms that an application writes, and the library's own, which come in by the same door.</summary>
public sealed class OwnTermTests
{
    private const int Width = 12, Pairs = 40;
    private const double Sigma = 0.7, Temperature = 0.05;

    private static readonly Tensor StartX = Clouds.Flat(Pairs + 9, 7, 3, 0.3f), StartY = Clouds.Flat(Pairs + 5, 7, 4, -0.3f);

    private static readonly Tensor X = Clouds.Flat(Pairs + 9, Width, 1, 0.3f), Y = Clouds.Flat(Pairs + 5, Width, 2, -0.3f);

    private static readonly Dictionary<string, Func<Tape, Tensor, Tensor, Tensor>> Direct = new(StringComparer.Ordinal)
    {
        ["cs"] = (tape, x, y) => tape.CauchySchwarz(x, y, Sigma),
        ["mmd"] = (tape, x, y) => tape.MaximumMeanDiscrepancy(x, y, Sigma),
        ["coral"] = (tape, x, y) => tape.Scale(tape.Coral(x, y, 1 / (4.0 * Width * Width)), 4 * Width * Width),
        ["kl"] = (tape, x, y) => tape.GaussianKl(x, y),
        ["sinkhorn"] = (tape, x, y) => tape.SinkhornDivergence(x, y, Sigma),
        ["l2"] = (tape, x, y) => tape.SquaredDistanceLoss(x, y, Pairs),
        ["cosine"] = (tape, x, y) => tape.CosineLoss(x, y, Pairs),
        ["similarity"] = (tape, x, y) => tape.KeepSimilarities(x, y, StartX, StartY),
        ["infonce"] = (tape, x, y) =>
            tape.InfoNceLoss(tape.Slice(x, 0, 0, Pairs), tape.Slice(y, 0, 0, Pairs), InfoNce.LogitScale(Temperature)),
        ["siglip"] = (tape, x, y) => tape.SigLipLoss(x, y, InfoNce.LogitScale(Temperature), SigLip.LogitBias(), Pairs),
    };

    public static TheoryData<string> Names() => [.. ObjectiveTerms.All.Select(term => term.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_term_by_name_is_its_operation(string name)
    {
        var objective = AlignmentObjective.Parse(name);
        Assert.Equal(name, Assert.Single(objective.Terms).Name);
        var expected = Gradients(Direct[name]);
        Same(expected,
            Gradients((tape, x, y) =>
                new AlignmentLoss(new AlignmentOptions { Objective = objective, SimilarityWeight = 1, Temperature = Temperature }, Width)
                    .Features(tape, x, y, Pairs, Sigma, 0, atStart: (StartX, StartY)).Loss!));
        Same(expected, Gradients((tape, x, y) => Forward(objective.Terms[0], tape, x, y)));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0.5, false)]
    [InlineData(null, true)]
    public void The_fused_terms_are_the_sum_of_both(double? factor, bool estimated)
    {
        var options = new AlignmentOptions
        {
            Objective = AlignmentObjective.CsInfoNce,
            Temperature = Temperature,
            BandwidthFactors = factor is { } f ? [f, 1] : [],
            Estimator = estimated ? new NystromEstimator { Features = 16 } : null,
            Seed = 3,
        };
        var fused = Gradients((tape, x, y) => new AlignmentLoss(options, Width).Features(tape, x, y, Pairs, Sigma, 4).Loss!);
        var composed = Gradients((tape, x, y) =>
        {
            var inputs = new TermInputs(x, y, Pairs, Sigma, InfoNce.LogitScale(Temperature))
            {
                BandwidthFactors = options.BandwidthFactors,
                Estimator = options.Estimator,
                Seed = 7
            };
            return tape.Add(ObjectiveTerms.CauchySchwarz.Forward(tape, inputs),
                tape.Scale(ObjectiveTerms.InfoNce.Forward(tape, inputs), (float)options.Lambda));
        });
        Same(composed, fused);
    }

    [Fact]
    public void A_term_of_public_operations_trains_as_the_librarys_own()
    {
        var (own, librarys) = (new MomentsTerm(), ObjectiveTerms.Coral);
        AlignmentResult Train(ObjectiveTerm term) => Run(AlignmentObjective.Of(ObjectiveTerms.InfoNce, term));
        var (expected, actual) = (Train(librarys), Train(own));
        Assert.Equal(4, actual.Epochs.Count);
        Assert.True(actual.Epochs[^1].Other < 0.9 * actual.Epochs[1].Other);
        foreach (var (a, b) in expected.Epochs.Zip(actual.Epochs).Skip(1))
        {
            Near.Relative(a.Loss, b.Loss, 1e-6, "loss");
            Near.Relative(a.Other, b.Other, 2e-6, "term");
            Near.Relative(a.ValidationObjective, b.ValidationObjective, 1e-6, "validation");
        }
    }

    // D_CS + lambda InfoNCE as one term of public operations, where the library fuses its two.
    [Fact]
    public void The_objective_written_anew_trains_to_the_same_values()
    {
        double lambda = new AlignmentOptions().Lambda;
        var librarys = Train(AlignmentObjective.CsInfoNce);
        var own = Train(AlignmentObjective.Of(new GivenTerm("own", (tape, inputs) => tape.Add(
            tape.CauchySchwarz(inputs.X, inputs.Y, inputs.Bandwidth),
            tape.Scale(
                tape.InfoNceLoss(tape.Slice(inputs.X, 0, 0, inputs.Pairs), tape.Slice(inputs.Y, 0, 0, inputs.Pairs), inputs.LogitScale),
                (float)lambda)), needsBandwidth: true)));
        Assert.Equal(4, own.Epochs.Count);
        Assert.True(own.Epochs[^1].Loss < own.Epochs[1].Loss);
        foreach (var (expected, actual) in librarys.Epochs.Zip(own.Epochs).Skip(1))
            Near.Relative(expected.Loss, actual.Loss, 1e-6, "loss");

        Assert.Equal(librarys.Image.Apply(X).Span.ToArray(), own.Image.Apply(X).Span.ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(librarys.Text.Apply(Y).Span.ToArray(), own.Text.Apply(Y).Span.ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);

        // Without validation, which chooses the epoch of the library's terms by the off-diagonal form.
        static AlignmentResult Train(AlignmentObjective objective)
        {
            var (options, data) = Small(objective);
            return new AlignmentTrainer(options, data with { ValidationImages = null, ValidationTexts = null })
                .Run(cancellation: TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Terms_round_trip_by_name_where_they_are_known()
    {
        var own = new MomentsTerm();
        var objective = AlignmentObjective.Of(own, ObjectiveTerms.InfoNce, ObjectiveTerms.CauchySchwarz);
        Assert.Equal("cs+infonce+moments", objective.ToString());
        Assert.Equal(objective, AlignmentObjective.Parse("moments+infonce+cs", [own]));
        Assert.NotEqual(objective, AlignmentObjective.Parse("cs+infonce+moments", [new MomentsTerm()]));
        Assert.Equal(AlignmentObjective.CsInfoNce, AlignmentObjective.Parse("infonce+cs"));
        Assert.Equal((1, 0.25, 1),
            (objective.Weight(own, 0.25), objective.Weight(ObjectiveTerms.InfoNce, 0.25),
                objective.Weight(ObjectiveTerms.CauchySchwarz, 0.25)));

        string message = Assert.Throws<InputException>(() => AlignmentObjective.Parse("cs+moments")).Message;
        Assert.Contains("got 'cs+moments'", message, StringComparison.Ordinal);
        Assert.Contains("sinkhorn, l2, cosine, similarity, infonce, siglip, such as", message, StringComparison.Ordinal);
        Assert.Contains("siglip, moments, such as",
            Assert.Throws<InputException>(() => AlignmentObjective.Parse("cs+moment", [own])).Message, StringComparison.Ordinal);

        using var json = JsonDocument.Parse("""{"objective":"cs+moments"}""");
        var options = new AlignmentOptions { Objective = objective };
        Assert.Same(own, AlignmentOptions.ReadJson(json.RootElement, options).Objective.Terms[1]);
        Assert.Throws<InputException>(() => AlignmentOptions.ReadJson(json.RootElement));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a+b")]
    [InlineData("raw")]
    [InlineData("cs")]
    public void A_name_that_cannot_be_read_back_is_refused(string name) =>
        Assert.Contains($"'{name}'",
            Assert.Throws<ArgumentException>(() => AlignmentObjective.Of(new GivenTerm(name, (_, inputs) => inputs.X))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Objectives_of_no_term_or_one_twice_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AlignmentObjective.Of());
        Assert.Contains("cs+cs",
            Assert.Throws<ArgumentException>(() =>
                AlignmentObjective.Of(ObjectiveTerms.CauchySchwarz, ObjectiveTerms.CauchySchwarz)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_term_gets_wrong_is_said_with_its_name()
    {
        void Refused(string what, Func<Tape, TermInputs, Tensor> forward)
        {
            string message =
                Assert.Throws<InvalidOperationException>(() =>
                    Run(AlignmentObjective.Of(ObjectiveTerms.InfoNce, new GivenTerm("own", forward)))).Message;
            Assert.Contains("'own'", message, StringComparison.Ordinal);
            Assert.Contains(what, message, StringComparison.Ordinal);
        }

        Refused("one element", (_, inputs) => inputs.X);
        Refused("no gradient", (_, _) => Tensor.From([1f], 1));
        Assert.Contains("AllCaptions", Assert.Throws<InputException>(
            () => new AlignmentOptions
            {
                AllCaptions = true,
                Objective = AlignmentObjective.Of(new GivenTerm("own", (_, inputs) => inputs.X))
            }.Validate()).Message,
                StringComparison.Ordinal);
        new AlignmentOptions { AllCaptions = true, Objective = AlignmentObjective.Of(new MomentsTerm()) }.Validate();
        Assert.Contains("'logit_scale'",
            Assert.Throws<InputException>(() => Run(AlignmentObjective.Of(ObjectiveTerms.InfoNce, new ShiftTerm("logit_scale")))).Message,
            StringComparison.Ordinal);
    }

    // |m_x - m_y - s|² with a shift s of its own: it falls faster where s is trained, and a resumed run has the trained s.
    [Fact]
    public void What_a_term_trains_for_itself_is_trained_and_kept_in_checkpoints()
    {
        string folder = Directory.CreateTempSubdirectory("csaligner-term").FullName;
        try
        {
            string checkpoint = Path.Combine(folder, "c.safetensors");
            var term = new ShiftTerm("shift");
            var (options, data) = Small(AlignmentObjective.Of(ObjectiveTerms.InfoNce, term));
            var expected = new AlignmentTrainer(options, data).Run(cancellation: TestContext.Current.CancellationToken);
            float[] trained = term.Last!.Span.ToArray();
            Assert.All(trained, value => Assert.NotEqual(0, value));

            using var source = new CancellationTokenSource();
            var cut = new AlignmentTrainer(options, data) { StepDone = step => { if (step == 5) source.Cancel(); } };
            Assert.Throws<OperationCanceledException>(() => cut.Run(checkpoint, cancellation: source.Token));
            var resumed =
                new AlignmentTrainer(options, data).Run(checkpoint, resume: true, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(expected.Epochs, resumed.Epochs);
            Assert.Equal(trained, term.Last.Span.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_run_is_not_resumed_with_other_settings_of_a_term()
    {
        string folder = Directory.CreateTempSubdirectory("csaligner-term").FullName;
        try
        {
            string checkpoint = Path.Combine(folder, "c.safetensors");
            AlignmentResult Train(float factor, bool resume)
            {
                var (options, data) = Small(AlignmentObjective.Of(ObjectiveTerms.InfoNce, new ScaledTerm(factor)));
                return new AlignmentTrainer(options, data).Run(checkpoint, resume, cancellation: TestContext.Current.CancellationToken);
            }

            Train(2, resume: false);
            Assert.True(Train(2, resume: true).Resumed);
            Assert.Contains("written with other objective settings;",
                Assert.Throws<InputException>(() => Train(3, resume: true)).Message, StringComparison.Ordinal);
            Assert.Equal("cs", ObjectiveTerms.CauchySchwarz.Identity);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static AlignmentResult Run(AlignmentObjective objective)
    {
        var (options, data) = Small(objective);
        return new AlignmentTrainer(options, data).Run(cancellation: TestContext.Current.CancellationToken);
    }

    private static (AlignmentOptions Options, AlignmentData Data) Small(AlignmentObjective objective) => (
        new AlignmentOptions { Objective = objective, Epochs = 3, BatchSize = 40, LearningRate = 3e-3, Seed = 5, ValidationFraction = 0 },
        new AlignmentData(Clouds.Flat(120, Width, 1, 0.3f), Clouds.Flat(120, Width, 2, -0.3f))
        {
            UnpairedTexts = Clouds.Flat(50, Width, 3, -0.3f),
            ValidationImages = Clouds.Flat(70, Width, 4, 0.3f),
            ValidationTexts = Clouds.Flat(70, Width, 5, -0.3f),
        });

    private static Tensor Forward(ObjectiveTerm term, Tape tape, Tensor x, Tensor y) =>
        term.Forward(tape,
            new TermInputs(x, y, Pairs, Sigma,
                InfoNce.LogitScale(Temperature))
            { Parameters = term.CreateParameters(Width, new RandomGenerator(0)), StartX = StartX, StartY = StartY });

    private static (double Value, double[] GradX, double[] GradY) Gradients(Func<Tape, Tensor, Tensor, Tensor> loss)
    {
        Tensor x = X.Clone(), y = Y.Clone();
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        using var tape = new Tape();
        var value = loss(tape, x, y);
        double number = value.Item;
        tape.Backward(value);
        return (number, [.. x.Grad!.ToArray().Select(v => (double)v)], [.. y.Grad!.ToArray().Select(v => (double)v)]);
    }

    private static void Same((double Value, double[] GradX, double[] GradY) expected, (double Value, double[] GradX, double[] GradY) actual)
    {
        Near.Relative(expected.Value, actual.Value, 1e-6, "value");
        Near.Norm(expected.GradX, actual.GradX, 1e-5, "x");
        Near.Norm(expected.GradY, actual.GradY, 1e-5, "y");
    }

    /// <summary>|C_x - C_y|² + |m_x - m_y|², from public operations alone.</summary>
    private sealed class MomentsTerm : ObjectiveTerm
    {
        public override string Name => "moments";

        public override bool SupportsAllCaptions => true;

        public override Tensor Forward(Tape tape, TermInputs inputs)
        {
            var (meanX, covarianceX) = Moments(tape, inputs.X);
            var (meanY, covarianceY) = Moments(tape, inputs.Y);
            return tape.Add(Square(tape, meanX, meanY), Square(tape, covarianceX, covarianceY));
        }

        private static (Tensor Mean, Tensor Covariance) Moments(Tape tape, Tensor rows)
        {
            var mean = tape.Scale(tape.Sum(rows, 0), 1f / rows.Shape[0]);
            var centred = tape.Add(rows, tape.Scale(mean, -1));
            return (mean, tape.Scale(tape.MatMul(centred, centred, transposeA: true), 1f / (rows.Shape[0] - 1)));
        }

        private static Tensor Square(Tape tape, Tensor a, Tensor b)
        {
            var difference = tape.Add(a, tape.Scale(b, -1));
            return tape.Sum(tape.Mul(difference, difference));
        }
    }

    /// <summary>A multiple of |m_x - m_y|², a setting that is not in the name.</summary>
    private sealed class ScaledTerm(float factor) : ObjectiveTerm
    {
        public override string Name => "scaled";

        public override string Identity => $"{Name}({factor})";

        public override Tensor Forward(Tape tape, TermInputs inputs)
        {
            var difference = tape.Add(tape.Scale(tape.Sum(inputs.X, 0), 0.01f), tape.Scale(tape.Sum(inputs.Y, 0), -0.01f));
            return tape.Scale(tape.Sum(tape.Mul(difference, difference)), factor);
        }
    }

    /// <summary>|m_x - m_y - s|² with s trained.</summary>
    private sealed class ShiftTerm(string parameter) : ObjectiveTerm
    {
        public Tensor? Last { get; private set; }

        public override string Name => "shift";

        public override IReadOnlyList<(string Name, Tensor Values)> CreateParameters(int width, RandomGenerator random) =>
            [(parameter, new Tensor(width))];

        public override Tensor Forward(Tape tape, TermInputs inputs)
        {
            Last = inputs.Parameter(parameter);
            var gap = tape.Add(tape.Scale(tape.Sum(inputs.X, 0), 1f / inputs.X.Shape[0]),
                tape.Scale(tape.Sum(inputs.Y, 0), -1f / inputs.Y.Shape[0]));
            var rest = tape.Add(gap, tape.Scale(Last, -1));
            return tape.Sum(tape.Mul(rest, rest));
        }
    }

    private sealed class GivenTerm(string name, Func<Tape, TermInputs, Tensor> forward, bool needsBandwidth = false) : ObjectiveTerm
    {
        public override string Name => name;

        public override bool NeedsBandwidth => needsBandwidth;

        public override bool NeedsLogitScale => needsBandwidth;

        public override Tensor Forward(Tape tape, TermInputs inputs) => forward(tape, inputs);
    }
}
