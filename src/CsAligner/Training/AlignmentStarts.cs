using System.Globalization;
using CsAligner.Objectives;
using CsAligner.Starts;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>What both sides' rows go through before any training.</summary>
/// <param name="Images">Of the images.</param>
/// <param name="Texts">Of the texts.</param>
internal sealed record AlignmentStarts(StartMap Images, StartMap Texts)
{
    private const int BlockRows = 4096;

    // Between CLIP's modalities it is 3.7 and more, between unrelated spaces 0.95 to 1.06, from 50 rows a side on.
    private const double LeastSharedVariance = 1.2;

    /// <summary>The start that options ask for, fitted to the rows that are trained on.</summary>
    /// <param name="options">What the start is.</param>
    /// <param name="images">The images' rows.</param>
    /// <param name="texts">The texts' rows.</param>
    /// <param name="pairs">The number of pairs, which say how the two spaces lie to each other.</param>
    /// <param name="readPairs">Gives the paired rows, partner by partner.</param>
    /// <exception cref="InputException">There are no pairs, and the spaces share nothing.</exception>
    public static AlignmentStarts Of(AlignmentOptions options, IRowSource images, IRowSource texts, int pairs,
        Func<(Tensor Images, Tensor Texts)> readPairs)
    {
        bool paired = pairs > 0;
        AlignmentObjective objective = options.Objective;
        AlignmentStart start = objective == AlignmentObjective.Raw ? AlignmentStart.Identity
            : objective == AlignmentObjective.MeanShift ? AlignmentStart.MeanShift
            : objective == AlignmentObjective.Barycentre ? AlignmentStart.Barycentre
            : objective == AlignmentObjective.Regression ? AlignmentStart.Regression
            : options.Start;
        bool transports = start is AlignmentStart.Barycentre or AlignmentStart.Matching;
        if (start == AlignmentStart.Regression) return Regressed(options.Train, images, texts, pairs, readPairs);
        bool mustShare = !paired && (objective.Trains || transports);
        (GaussianFit Images, GaussianFit Texts)? fits = mustShare || transports
            ? (GaussianFit.Of(images), GaussianFit.Of(texts))
            : null;
        if (mustShare) CheckShared(fits!.Value.Images, fits.Value.Texts);
        return start switch
        {
            AlignmentStart.Barycentre => Transported(options.Train, fits!.Value.Images, fits.Value.Texts),
            AlignmentStart.Matching => Matched(options, Transported(options.Train, fits!.Value.Images, fits.Value.Texts), images, texts),
            AlignmentStart.MeanShift => Shifted(options.Train, images, texts),
            _ => new(Still(images.Width), Still(texts.Width)),
        };
    }

    private static void CheckShared(GaussianFit images, GaussianFit texts)
    {
        double shared = images.SharedVariance(texts);
        if (shared >= LeastSharedVariance) return;
        string found = string.Create(CultureInfo.InvariantCulture, $"{shared:0.00}, expected at least {LeastSharedVariance}; 1 is none");
        throw new InputException($"align: images and texts vary in unrelated directions (shared variance {found}), so nothing says which "
            + "belong together; embed both with one CLIP, or give pairs");
    }

    private static AlignmentStarts Transported(TrainedSide train, GaussianFit images, GaussianFit texts)
    {
        if (train == TrainedSide.Text) return new(Still(images.Width), GaussianTransport.Onto(texts, images));
        if (train == TrainedSide.Image) return new(GaussianTransport.Onto(images, texts), Still(texts.Width));
        var (image, text) = GaussianTransport.ToBarycentre(images, texts);
        return new(image, text);
    }

    private static AlignmentStarts Regressed(TrainedSide train, IRowSource images, IRowSource texts, int count,
        Func<(Tensor Images, Tensor Texts)> readPairs)
    {
        if (count < 2)
            throw new InputException($"align: the start regression is fitted to pairs, at least 2, got {count}; give pairs, or another "
                + "start");
        var pairs = readPairs();
        GaussianFit image = GaussianFit.Of(images), text = GaussianFit.Of(texts);
        if (train == TrainedSide.Text)
            return new(Still(images.Width), PairRegression.Onto(text, image, pairs.Texts, pairs.Images));
        if (train == TrainedSide.Image)
            return new(PairRegression.Onto(image, text, pairs.Images, pairs.Texts), Still(texts.Width));
        var (first, second) = PairRegression.ToCorrelations(image, text, pairs.Images, pairs.Texts);
        return new(first, second);
    }

    private static AlignmentStarts Matched(AlignmentOptions options, AlignmentStarts starts, IRowSource images, IRowSource texts)
    {
        var (image, text) =
            PartnerMatching.Refine(starts.Images, starts.Texts, images, texts, moveImages: options.Train != TrainedSide.Text,
            moveTexts: options.Train != TrainedSide.Image, options.Seed);
        return new(image, text);
    }

    // With both sides free each loses its own mean; a side that trains alone is moved onto the other, where it has its width.
    private static AlignmentStarts Shifted(TrainedSide train, IRowSource images, IRowSource texts)
    {
        var (image, text) = (new Tensor(images.Width), new Tensor(texts.Width));
        double[] meanImage = Mean(images), meanText = Mean(texts);
        if (train != TrainedSide.Text) Shift(image, meanImage, train == TrainedSide.Image ? meanText : []);
        if (train != TrainedSide.Image) Shift(text, meanText, train == TrainedSide.Text ? meanImage : []);
        return new(new StartMap(null, image), new StartMap(null, text));
    }

    private static StartMap Still(int width) => new(null, new Tensor(width));

    private static void Shift(Tensor shift, double[] from, double[] to)
    {
        for (int d = 0; d < from.Length; d++) shift.Span[d] = (float)((to.Length == from.Length ? to[d] : 0) - from[d]);
    }

    private static double[] Mean(IRowSource rows)
    {
        int width = rows.Width;
        var mean = new double[width];
        var block = new float[Math.Min(rows.Rows, BlockRows) * width];
        for (int first = 0; first < rows.Rows; first += BlockRows)
        {
            Span<float> read = block.AsSpan(0, Math.Min(BlockRows, rows.Rows - first) * width);
            rows.Read(first, read);
            for (int i = 0; i < read.Length; i++) mean[i % width] += read[i];
        }

        for (int d = 0; d < width; d++) mean[d] /= rows.Rows;
        return mean;
    }
}
