using CsAligner.Adapters;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Embedding;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>The data of a sweep with a model, for training, choosing and judging, embedded once and kept.</summary>
internal sealed class SweepData : IDisposable
{
    private readonly Set _pairs;
    private readonly Set? _validation;
    private readonly Set[] _tests;
    private readonly string _model;

    private readonly DrawnJudge? _drawn;

    private SweepData(string model, Set pairs, Set? validation, Set[] tests, DrawnJudge? drawn) =>
        (_model, _pairs, _validation, _tests, _drawn) = (model, pairs, validation, tests, drawn);

    /// <summary>Embeds the data that are not yet in the folder.</summary>
    public static SweepData Open(IStudySession session, SweepSources sources, string folder)
    {
        var model = EmbedModel.Open(session, sources.Model!, null, null, sources.Tokens);
        var preprocessing = model.NeedImages("sweep: \"model\"").Preprocessing;
        (string Name, EmbedModel Model)[] textModels =
            [.. sources.TextModels.Select(name => (name, EmbedModel.Open(session, name, null, null, false)))];
        EmbedModel? textModel = textModels.Length > 0 ? textModels[0].Model : null;
        Set Load(string data)
        {
            string path = Path.Combine(folder, string.Concat(data.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '-')));
            if (!File.Exists(Path.Combine(path, "features.json"))
                || (sources.Tokens && !Directory.Exists(Path.Combine(path, "text_tokens"))))
            {
                Embed(model, sources.Model!, path, sources.Tokens);
            }

            var texts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, encoder) in textModels)
            {
                string target = texts[name] = $"{path}-{encoder.Name}";

                // Its images, where it has any, are of another space.
                if (!File.Exists(Path.Combine(target, "features.json")))
                    Embed(encoder with { Images = null }, name, target, tokens: false);
            }

            return new Set(data, CaptionedData.Open(session, data, preprocessing), path, model.Texts is not null, sources.TextModels, texts,
                sources.Tokens);

            void Embed(EmbedModel encoders, string modelName, string target, bool tokens)
            {
                using var inputs = EmbedInputs.Open(session, data, null, null, encoders);
                new EmbedRun(session, encoders, ModelFingerprint.Of(modelName), inputs,
                    new EmbeddingOptions { Tokens = tokens, MaxBad = new BadSampleLimit(0, 0) }).Write(target);
            }
        }

        var validation = sources.Validation is { } heldOut ? Load(heldOut) : null;
        Set pairs = Load(sources.Pairs!);
        Set[] tests = [.. sources.Tests.Select(Load)];
        if (sources.Labels is { } file)
        {
            var labels = RowLabels.Read(file);
            foreach (var test in tests) test.Labels = labels.Of(test.Inputs.Name, test.Inputs.Images);
        }

        if (sources.UnseenWords)
        {
            var vocabulary = CaptionVocabulary.OfWords(pairs.Inputs.Texts);
            foreach (var test in tests)
                test.Unseen = UnseenQueries.Of(session, "icons:" + test.Name, preprocessing, vocabulary, model, textModel);
        }

        DrawnJudge? drawn = sources.Pictures is null ? null : DrawnJudge.Open(session, sources.Pictures, model);
        if (drawn is not null)
            foreach (var test in tests) test.Drawn = drawn.Prepare(test.Inputs, preprocessing, test.Own);
        return new SweepData(sources.Model!, pairs, validation, tests, drawn);
    }

    /// <summary>The number of test sets.</summary>
    public int Tests => _tests.Length;

    /// <summary>The rows of a test set as training data: what <see cref="TrainingRows.Own"/> means.</summary>
    public AlignmentData OwnRows(SweepCell cell, ulong seed, int test) =>
        cell.Rows.Draw(_tests[test].Images, _tests[test].TextsOf(cell), seed).ToData();

    /// <summary>What a baseline's setting is chosen on: the validation set, in the place of the test.</summary>
    /// <param name="cell">The cell, with a baseline.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="data">The training data, which the fit is the same for, unless it is the test's own.</param>
    public HeldOutPairs? HeldOut(SweepCell cell, ulong seed, AlignmentData data)
    {
        if (_validation is not { } validation) return null;
        Tensor texts = validation.TextsOf(cell);
        return new HeldOutPairs(cell.Rows.Own ? cell.Rows.Draw(validation.Images, texts, seed).ToData() : data, validation.Images, texts);
    }

    /// <summary>The training data of a cell with a seed, including LoRA's tower.</summary>
    public (AlignmentData Data, TrainedClip? Clip) Training(SweepCell cell, ulong seed)
    {
        var rows = cell.Rows.Draw(_pairs.Images, _pairs.TextsOf(cell), seed);
        int[] paired = rows.Pairs;
        var data = rows.ToData();

        // The pairs of the validation set would be more than those that a cell of few pairs, or none, is said to have.
        if (!cell.Rows.HasPairs || cell.Rows.Count is not null) return (data, null);
        data = data with
        {
            ValidationImages = _validation?.Images,
            ValidationTexts = _validation?.TextsOf(cell),
            ImageTokens = _pairs.ImageTokens is { } i ? new TokenRows(i, paired) : null,
            TextTokens = _pairs.TextTokens is { } t ? new TokenRows(t, paired) : null,
            ValidationImageTokens = _validation?.ImageTokens,
            ValidationTextTokens = _validation?.TextTokens,
        };
        if (cell.Lora is not { } lora) return (data, null);

        var clip = TrainedClip.Load(_model);
        int[] images = [.. paired, .. rows.UnpairedImages], texts = [.. paired, .. rows.UnpairedTexts];
        int validation = _validation?.Images.Rows ?? 0;
        data = lora.Tower == ClipTower.Text
            ? data with
            {
                TextEncoder = clip.Texts(lora, seed,
                [.. texts.Select(r => _pairs.Inputs.Texts[r]), .. _validation?.Inputs.Texts ?? []])
            }
            : data with
            {
                ImageEncoder = clip.Images(
                    lora,
                    seed,
                    images.Length + validation,
                    (i, rgb) =>
                    {
                        if (i < images.Length) _pairs.Inputs.ReadImage(images[i], rgb);
                        else _validation!.Inputs.ReadImage(i - images.Length, rgb);
                    },
                    _pairs.Inputs.Name),
            };
        return (data, clip);
    }

    /// <summary>The results of a training on one test.</summary>
    public IEnumerable<SweepResult> Judge(SweepCell cell, ulong seed, SweepTraining training, TrainedClip? clip, int number)
    {
        Set test = _tests[number];
        Tensor images = test.Images, texts = test.TextsOf(cell);
        if (cell.Lora?.Tower == ClipTower.Text) texts = clip!.Embedder.EmbedTexts(test.Inputs.Texts);
        if (cell.Lora?.Tower == ClipTower.Image) images = clip!.Embedder.EmbedImages(test.Inputs.Count, test.Inputs.ReadImage);
        Tensor x = training.Images(images, test.ImageTokens), y = training.Texts(texts, test.TextTokens);
        var all = SweepResult.Of(cell, seed, test.Name, Evaluator.Evaluate(x, y), training);
        if (test.Labels is var (rows, labels))
            all = all with
            {
                Labels = SweepLabels.Of(LabelMeasures.Of(FeatureRows.Take(x, rows), FeatureRows.Take(y, rows), labels, seed)),
            };
        if (test.Drawn is { } drawn) all = all with { Drawn = _drawn!.Judge(drawn, cell.TruePictures ? images : y) };
        yield return all;
        if (test.Unseen is not { } queries) yield break;

        // Captions ask; the images are all of the test's.
        var asked = training.Texts(cell.OwnTexts ? queries.OwnTexts : queries.Texts, null);
        var recall = Evaluator.TextToImage(x, asked, Pairing.From(queries.ImageOfText, x.Rows, asked.Rows));
        yield return all with
        {
            Test = $"{test.Name}, {asked.Rows} captions of unseen words",
            Divergence = double.NaN,
            ImageToText = double.NaN,
            TextToImage = recall.RecallAt1,
            ImageToText10 = double.NaN,
            TextToImage10 = recall.RecallAt10,
            MixedText10 = double.NaN,
            MixedImage10 = double.NaN,
            UniformityX = double.NaN,
            UniformityY = double.NaN,
            CentroidGap = double.NaN,
            Labels = SweepLabels.None,
            Drawn = DrawnMeasures.None,
        };
    }

    public void Dispose()
    {
        foreach (var set in _tests.Append(_pairs)) set.Dispose();
        _validation?.Dispose();
    }

    /// <summary>One data set: its inputs, its features, and its tokens where they are stored.</summary>
    private sealed class Set : IDisposable
    {
        private readonly Tensor? _own;
        private readonly (string Model, Tensor Texts)[] _others;

        public Set(string name, CaptionedImages inputs, string features, bool ownTexts, IReadOnlyList<string> models,
            Dictionary<string, string> textFeatures, bool tokens)
        {
            if (!inputs.IsRowForRow) throw new InputException($"sweep: '{name}' has several captions per image; a sweep needs one");
            (Name, Inputs) = (name.Replace("icons:", "", StringComparison.Ordinal), inputs);
            Images = FeatureFile.ReadRows(features, Modality.Image);
            _own = ownTexts ? FeatureFile.ReadRows(features, Modality.Text) : null;
            _others = [.. models.Select(model => (model, FeatureFile.ReadRows(textFeatures[model], Modality.Text)))];
            if (_own is null && _others.Length == 0)
                throw new InputException("sweep: the model embeds only images; name an encoder of texts with text_model in \"data\"");
            if (Images.Rows != inputs.Count || (_own is not null && _own.Rows != inputs.Count)
                || _others.Any(other => other.Texts.Rows != inputs.Count))
                throw new InputException(
                    $"{features}: {Images.Rows} rows do not match the {inputs.Count} images of '{name}'; remove the folder");
            if (!tokens) return;
            ImageTokens = TokenSet.Open(features, Modality.Image);
            TextTokens = TokenSet.Open(features, Modality.Text);
        }

        public string Name { get; }

        public CaptionedImages Inputs { get; }

        public Tensor Images { get; }

        public TokenSet? ImageTokens { get; }

        public TokenSet? TextTokens { get; }

        /// <summary>Captions none of whose words is in a training caption, where they are judged apart.</summary>
        public UnseenQueries? Unseen { get; set; }

        /// <summary>The rows that have a label and their labels, where the recipe has some.</summary>
        public (int[] Rows, string[] Labels)? Labels { get; set; }

        /// <summary>What made pictures are judged by, where some are made.</summary>
        public DrawnTest? Drawn { get; set; }

        /// <summary>The texts by the model itself.</summary>
        public Tensor Own => _own ?? throw new InputException("sweep: \"pictures\" needs a model that embeds texts");

        /// <summary>The texts by the encoder that a cell asks for: the model itself, or one of the recipe's.</summary>
        public Tensor TextsOf(SweepCell cell) => cell.OwnTexts || _others.Length == 0
            ? _own ?? throw new InputException("sweep: \"own_texts\" needs a model that embeds texts")
            : _others.First(other => cell.TextModel is null || other.Model == cell.TextModel).Texts;

        public void Dispose()
        {
            Inputs.Dispose();
            ImageTokens?.Dispose();
            TextTokens?.Dispose();
        }
    }
}
