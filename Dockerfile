# The dashboard in a container, on the CPU:
#
#   docker build -t fairal --build-arg TORCH_INDEX=<address of PyTorch's index of CPU builds> .
#   docker run --init --rm -p 127.0.0.1:8501:8501 -v fairal-home:/home/fairal/data fairal
#
# State of this file: written against the documentation. It has not been built or run yet, because no Docker daemon was
# at hand where it was written; tests/test_packaging.py checks what it copies, and installs and starts what it starts.
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# torch stands first in requirements.txt, and one command installs all, so that no later one can pull in another build of
# it. Without the index of CPU builds, pip takes the build with CUDA: it works as well, and is gigabytes larger.
ARG TORCH_INDEX=""
COPY requirements.txt /build/
RUN pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r /build/requirements.txt

COPY pyproject.toml setup.py README.md LICENSE app.py /build/
COPY .streamlit /build/.streamlit
COPY pages /build/pages
COPY fairal /build/fairal
RUN pip install --no-deps /build && rm -r /build \
 && useradd --create-home --uid 1000 fairal \
 && install -d -o fairal -g fairal /home/fairal/data

USER fairal
WORKDIR /home/fairal
ENV FAIRAL_HOME=/home/fairal/data
VOLUME /home/fairal/data
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

# Inside of a container every address is the container's own: who may connect is decided by -p above.
CMD ["fairal", "app", "--headless", "--address", "0.0.0.0"]
