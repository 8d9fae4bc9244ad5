namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Cuts a piece at delimiters.</summary>
internal static class PieceSplitter
{
    /// <param name="piece">The piece to split.</param>
    /// <param name="delimiters">Where delimiters begin and how long they are, in order, apart from each other.</param>
    /// <param name="behavior">What happens to the delimiters.</param>
    /// <param name="invert">True: what lies between them are the delimiters.</param>
    /// <param name="words">Takes the words.</param>
    public static void Cut(Piece piece, List<(int Start, int Length)> delimiters, SplitBehavior behavior, bool invert, List<Piece> words)
    {
        var cutter = new Cutter(piece, behavior, words);
        int from = 0;
        foreach ((int start, int length) in delimiters)
        {
            cutter.Add(from, start, invert);
            cutter.Add(start, start + length, !invert);
            from = start + length;
        }

        cutter.Add(from, piece.Length, invert);
        cutter.End();
    }

    private struct Cutter(Piece piece, SplitBehavior behavior, List<Piece> words)
    {
        private int _start;
        private int _end;
        private bool _delimiter;
        private bool _open;

        // The last part is held back: the next one may join it.
        public void Add(int start, int end, bool delimiter)
        {
            if (start == end)
                return;
            bool joins = _open && behavior switch
            {
                SplitBehavior.Contiguous => delimiter == _delimiter,
                SplitBehavior.MergedWithPrevious => delimiter && !_delimiter,
                SplitBehavior.MergedWithNext => !delimiter && _delimiter,
                _ => false,
            };
            if (!joins)
            {
                End();
                _start = start;
            }

            (_end, _delimiter, _open) = (end, delimiter, true);
        }

        public void End()
        {
            if (_open && !(behavior == SplitBehavior.Removed && _delimiter))
                words.Add(piece.Slice(_start, _end - _start));
            _open = false;
        }
    }
}
